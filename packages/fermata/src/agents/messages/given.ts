/** What a run is given, message by message: as it is kept, and as the model reads it. */
import type { CallEnd, GivenMessage } from "../../memory/resent.ts";
import { isRecord, toContent } from "../../memory/message.ts";
import type { MessageContent } from "../../memory/message.ts";
import type { ModelMessage } from "../../models/types.ts";
import type { MessageInput } from "../options.ts";
import type { StoredPart } from "./stored.ts";
import { toModelMessages } from "./to-model.ts";
import { storedContent, toolResults, toStoredMessages } from "./to-stored.ts";

export interface Given extends GivenMessage {
  /** The same as the model reads it: an answer of several steps is several messages. */
  readonly model: ModelMessage[];
}

export interface GivenMessages {
  /** Without system messages, which are not part of the conversation. */
  readonly messages: readonly Given[];
  /** The ends of tool calls, by call id: the caller may have run some of an earlier answer. */
  readonly results: ReadonlyMap<string, CallEnd>;
}

/** @throws FermataError `VALIDATION_FAILED` naming the message that cannot be understood. */
export function toGiven(input: MessageInput, now: number): GivenMessages {
  const messages: Given[] = [];
  const results = new Map<string, CallEnd>();
  const list: readonly unknown[] = typeof input === "string" ? [input] : input;
  for (const item of list) {
    const model = toModelMessages([item], now).filter(({ role }) => role !== "system");
    const [first] = model;
    if (!first) continue;
    for (const [id, end] of toolResults(model)) results.set(id, { ...end });
    if (first.role === "tool") settle(messages, first);
    else messages.push({ ...named(item), role: first.role, content: contentOf(item, model, now), model });
  }
  return { messages, results };
}

/** Results go to the call that they answer, when it was given as well. */
function settle(messages: Given[], tool: Extract<ModelMessage, { role: "tool" }>): void {
  const ids = new Set(tool.content.flatMap((part) => (part.type === "tool-result" ? [part.toolCallId] : [])));
  const index = messages.findLastIndex(({ model }) =>
    model.some(
      (message) => message.role === "assistant" && message.content.some((part) => part.type === "tool-call" && ids.has(part.toolCallId)),
    ),
  );
  const answered = messages[index];
  if (!answered) return;
  const model = [...answered.model, tool];
  messages[index] = { ...answered, model, content: { ...answered.content, ...assistantContent(model, answered.createdAt ?? 0) } };
}

function named(item: unknown): { id?: string; createdAt?: number } {
  if (!isRecord(item)) return {};
  const { id, createdAt } = item;
  const at = typeof createdAt === "string" || createdAt instanceof Date ? new Date(createdAt).getTime() : NaN;
  return { ...(typeof id === "string" && id !== "" && { id }), ...(Number.isFinite(at) && { createdAt: at }) };
}

/** What is in the stored form already is kept as it is. */
function contentOf(item: unknown, model: readonly ModelMessage[], now: number): MessageContent {
  const own = isRecord(item) ? item.content : undefined;
  if (isRecord(own) && own.format === 2 && Array.isArray(own.parts)) return toContent(own);
  const metadata = isRecord(item) && isRecord(item.metadata) ? { metadata: item.metadata } : {};
  const content =
    model[0]?.role === "assistant" ? assistantContent(model, now) : toContent(toStoredMessages(model, { createdAt: now })[0]?.content);
  return { ...content, ...metadata };
}

function assistantContent(model: readonly ModelMessage[], now: number): MessageContent {
  const parts = toStoredMessages(model, { createdAt: now }).flatMap(({ content }, index): StoredPart[] =>
    index === 0 ? [...content.parts] : [{ type: "step-start", createdAt: now }, ...content.parts],
  );
  return toContent(storedContent(parts));
}
