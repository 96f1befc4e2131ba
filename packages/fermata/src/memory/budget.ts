/** Fits a conversation into a number of tokens without making it one that a provider refuses. */
import type { ModelMessage } from "../models/types.ts";

/** About what tokenizers make of English and code; others need more, which the second try is for. */
const CHARS_PER_TOKEN = 4;
/** What a message costs beside its text. */
const MESSAGE_TOKENS = 4;
/** An image or a file of unknown size. */
const FILE_TOKENS = 1_000;

const known = new WeakMap<ModelMessage, number>();

/** An estimate. Messages do not change once they have been said, so it is made once for each. */
export function estimateTokens(messages: readonly ModelMessage[]): number {
  let sum = 0;
  for (const message of messages) sum += tokensOf(message);
  return sum;
}

function tokensOf(message: ModelMessage): number {
  const before = known.get(message);
  if (before !== undefined) return before;
  const tokens =
    MESSAGE_TOKENS + (typeof message.content === "string" ? message.content.length / CHARS_PER_TOKEN : partTokens(message.content));
  known.set(message, tokens);
  return tokens;
}

function partTokens(parts: readonly object[]): number {
  let sum = 0;
  for (const part of parts) {
    if ("text" in part && typeof part.text === "string") sum += part.text.length / CHARS_PER_TOKEN;
    else if ("type" in part && part.type === "file") sum += FILE_TOKENS;
    else
      sum +=
        (JSON.stringify("output" in part ? part.output : "input" in part ? part.input : part)?.length ?? 0) / CHARS_PER_TOKEN +
        MESSAGE_TOKENS;
  }
  return sum;
}

/**
 * The conversation without its oldest messages, as far as it has to be shorter. A tool call goes together with its result, system messages
 * stay, and so does what is asked: the last message of the user and what follows directly on it, and the last thing that was said.
 */
export function fitIntoBudget(messages: readonly ModelMessage[], maxTokens: number): readonly ModelMessage[] {
  let excess = estimateTokens(messages) - maxTokens;
  if (excess <= 0) return messages;
  const units = toUnits(messages);
  const lastUser = units.findLastIndex(([first]) => first?.role === "user");
  const dropped = new Set<readonly ModelMessage[]>();
  for (const [index, unit] of units.entries()) {
    if (excess <= 0) break;
    if (index === lastUser || index === units.length - 1 || unit[0]?.role === "system") continue;
    dropped.add(unit);
    excess -= estimateTokens(unit);
  }
  const kept = units.filter((unit) => !dropped.has(unit));
  return withoutLeadingAnswers(kept, units).flat();
}

/** Providers want a conversation to begin with the user: an answer whose question is gone goes too, unless it is all that is left. */
function withoutLeadingAnswers(kept: ModelMessage[][], all: readonly ModelMessage[][]): ModelMessage[][] {
  const firstUser = kept.findIndex(([first]) => first?.role === "user");
  if (firstUser < 0 || kept.length === all.length) return kept;
  return kept.filter(([first], index) => index >= firstUser || first?.role === "system");
}

/** A call with its results is one thing; any other message is one by itself. */
function toUnits(messages: readonly ModelMessage[]): ModelMessage[][] {
  const units: ModelMessage[][] = [];
  for (const message of messages) {
    const last = units.at(-1);
    if (message.role === "tool" && last && last[0]?.role === "assistant") last.push(message);
    else units.push([message]);
  }
  return units;
}

/** Without results that no call asks for: where a thread is cut, the call may be on the other side. */
export function withoutOrphans(messages: readonly ModelMessage[]): ModelMessage[] {
  let open = new Set<string>();
  return messages.flatMap((message): ModelMessage[] => {
    if (message.role === "assistant")
      open = new Set(message.content.flatMap((part) => (part.type === "tool-call" ? [part.toolCallId] : [])));
    if (message.role !== "tool") {
      if (message.role !== "assistant") open = new Set();
      return [message];
    }
    const content = message.content.filter((part) => part.type !== "tool-result" || open.has(part.toolCallId));
    if (content.length === message.content.length) return [message];
    return content.length > 0 ? [{ ...message, content }] : [];
  });
}
