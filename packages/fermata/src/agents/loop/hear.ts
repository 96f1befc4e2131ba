/** Mail that reaches a run between two of its steps. */
import type { ModelMessage } from "../../models/types.ts";
import { toMessage, type Mail } from "../mail/mail.ts";
import { toModelMessages } from "../messages/to-model.ts";
import type { Run } from "./run.ts";
import type { Heard } from "./state.ts";

/** Makes what has come part of the conversation. Gives what it was. */
export function hear(run: Run): readonly Mail[] {
  const mail = run.setup.mailbox?.take() ?? [];
  if (mail.length === 0) return mail;
  const messages = mail.map(toMessage);
  run.heard = [...(run.heard ?? []), { after: run.produced.length, messages: toModelMessages(messages, Date.now()) }];
  run.setup.conversation?.hear(run, messages);
  return mail;
}

/** What the run has said from `from` on, and what it has heard in between. */
export function withHeard(produced: readonly ModelMessage[], heard: readonly Heard[], from: number): ModelMessage[] {
  const all: ModelMessage[] = [];
  let at = from;
  for (const { after, messages } of heard) {
    // A view of the conversation that was made later has it already.
    if (after < from || (after === from && from > 0)) continue;
    all.push(...produced.slice(at, after), ...messages);
    at = after;
  }
  return [...all, ...produced.slice(at)];
}
