/** Messages that a turn has heard between its steps: the thread has them beside its answer, the model hears them in its middle again. */
import { isRecord } from "./records.ts";
import type { StoredMessage } from "./stored.ts";

/** Where in which answer a message was heard, as the thread keeps it in the message's metadata. */
export interface HeardAt {
  /** The id of the answer. */
  readonly messageId: string;
  /** How many of the answer's parts had been said by then. */
  readonly after: number;
}

/** The messages in the order in which they were said: an answer ends where something was heard, and goes on behind it. */
export function inOrderOfSpeech(messages: readonly StoredMessage[]): readonly StoredMessage[] {
  const heard = new Map<string, { readonly message: StoredMessage; readonly after: number }[]>();
  const ids = new Set(messages.map(({ id }) => id));
  for (const message of messages) {
    const at = heardAt(message);
    if (at && ids.has(at.messageId)) heard.set(at.messageId, [...(heard.get(at.messageId) ?? []), { message, after: at.after }]);
  }
  if (heard.size === 0) return messages;
  const moved = new Set([...heard.values()].flat().map(({ message }) => message));
  return messages.flatMap((message) => {
    if (moved.has(message)) return [];
    const within = heard.get(message.id);
    return within ? taken(message, within) : [message];
  });
}

function taken(answer: StoredMessage, heard: readonly { readonly message: StoredMessage; readonly after: number }[]): StoredMessage[] {
  const { parts } = answer.content;
  const pieces: StoredMessage[] = [];
  let from = 0;
  const say = (to: number): void => {
    const said = parts.slice(from, to).filter(({ type }, index) => index > 0 || type !== "step-start");
    // The legacy members tell the whole answer; the parts are what counts.
    if (said.length > 0) pieces.push({ ...answer, content: { format: 2, parts: said } });
    from = Math.max(from, to);
  };
  for (const { message, after } of heard) {
    say(after);
    pieces.push(message);
  }
  say(parts.length);
  return pieces;
}

function heardAt({ content }: StoredMessage): HeardAt | undefined {
  const at = content.metadata?.heard;
  return isRecord(at) && typeof at.messageId === "string" && typeof at.after === "number"
    ? { messageId: at.messageId, after: at.after }
    : undefined;
}
