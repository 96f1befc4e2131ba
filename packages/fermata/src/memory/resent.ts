/** Clients may send the whole conversation again with every turn. What of it is in the thread already? */
import { isRecord, textOf } from "./message.ts";
import type { MemoryMessage, MessageContent } from "./message.ts";

/** A message that a turn is given. */
export interface GivenMessage {
  /** The caller's own name for it. */
  readonly id?: string;
  readonly role: string;
  /** Epoch milliseconds. */
  readonly createdAt?: number;
  readonly content: MessageContent;
}

/** What somebody said, over all messages in a row that are the assistant's. */
interface Block {
  readonly role: string;
  readonly text: string;
  readonly callIds: readonly string[];
  /** Nobody knows how an answer goes on that was interrupted: a client may have seen less of it. */
  readonly open: boolean;
  /** Which of the messages. */
  readonly indexes: readonly number[];
}

/**
 * The messages that are new to the thread whose last messages are `stored`. Known is what has the id of a stored message; what has no id
 * of its own and repeats the end of the thread, word by word; and an answer that the thread has. A turn that failed may be sent again.
 */
export function withoutResent<G extends GivenMessage>(given: readonly G[], stored: readonly MemoryMessage[]): G[] {
  if (stored.length === 0) return [...given];
  const ids = new Set(stored.map(({ id }) => id));
  const known = new Set<number>();
  for (const [index, { id }] of given.entries()) if (id !== undefined && ids.has(id)) known.add(index);
  const there = toBlocks(stored);
  const blocks = toBlocks(given);
  for (const block of blocks)
    if (block.role === "assistant" && there.some((other) => isSameAnswer(block, other)))
      for (const index of block.indexes) known.add(index);
  for (const index of repeatedUsers(given, blocks, there)) known.add(index);
  return given.filter((_message, index) => !known.has(index));
}

/** The user's messages at the beginning of `blocks` that are those at the end of the thread. */
function repeatedUsers(given: readonly GivenMessage[], blocks: readonly Block[], there: readonly Block[]): number[] {
  const asked = questions(blocks);
  const stored = questions(there);
  const isNamed = (question: Question): boolean => question.block.indexes.some((index) => given[index]?.id !== undefined);
  for (let count = Math.min(asked.length, stored.length); count > 0; count--) {
    const tail = stored.slice(-count);
    const head = asked.slice(0, count);
    const matches = head.every((question, index) => !isNamed(question) && isSameQuestion(question, tail[index]));
    if (matches) return head.flatMap(({ block }) => block.indexes);
  }
  return [];
}

interface Question {
  readonly block: Block;
  readonly answer: Block | undefined;
}

function questions(blocks: readonly Block[]): Question[] {
  return blocks.flatMap((block, index) => {
    if (block.role !== "user") return [];
    const next = blocks[index + 1];
    return [{ block, answer: next?.role === "assistant" ? next : undefined }];
  });
}

/** A question that has been answered is repeated only together with an answer: somebody who says "yes" twice means it twice. */
function isSameQuestion({ block, answer }: Question, stored: Question | undefined): boolean {
  if (stored?.block.text !== block.text) return false;
  return answer !== undefined || stored.answer === undefined || stored.answer.open;
}

function isSameAnswer(block: Block, stored: Block): boolean {
  if (stored.role !== "assistant") return false;
  if (block.callIds.length > 0) return block.callIds.every((id) => stored.callIds.includes(id));
  return block.text !== "" && (block.text === stored.text || (stored.open && stored.text.startsWith(block.text)));
}

function toBlocks(messages: readonly (GivenMessage | MemoryMessage)[]): Block[] {
  const blocks: Block[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    const text = textOf(content).trim() + filesIn(content);
    const callIds = callsIn(content).map(({ toolCallId }) => toolCallId);
    const open = isRecord(content.metadata) && content.metadata.status !== undefined && content.metadata.status !== "completed";
    const last = blocks.at(-1);
    if (role === "assistant" && last?.role === "assistant") {
      blocks[blocks.length - 1] = {
        role,
        text: last.text + text,
        callIds: [...last.callIds, ...callIds],
        open: last.open || open,
        indexes: [...last.indexes, index],
      };
    } else blocks.push({ role, text, callIds, open, indexes: [index] });
  }
  return blocks;
}

/** Two messages with the same words and other files are not the same. */
function filesIn({ parts }: MessageContent): string {
  return parts
    .map((part) => (part.type === "file" && typeof part.data === "string" ? `\n[file ${part.data.length} ${part.data.slice(0, 64)}]` : ""))
    .join("");
}

/** A tool call in a stored message. */
export interface StoredCall {
  readonly toolCallId: string;
  readonly state: unknown;
}

export function callsIn({ parts }: MessageContent): StoredCall[] {
  return parts.flatMap(({ type, toolInvocation }) =>
    type === "tool-invocation" && isRecord(toolInvocation) && typeof toolInvocation.toolCallId === "string"
      ? [{ toolCallId: toolInvocation.toolCallId, state: toolInvocation.state }]
      : [],
  );
}

/** How a call ended, as a stored message has it. */
export type CallEnd = Readonly<Record<string, unknown>>;

/** The message with the ends of its open calls; `undefined` when it has none of them. */
export function withResults(message: MemoryMessage, results: ReadonlyMap<string, CallEnd>): MemoryMessage | undefined {
  if (results.size === 0 || !callsIn(message.content).some(({ toolCallId, state }) => state === "call" && results.has(toolCallId)))
    return undefined;
  const parts = message.content.parts.map((part) => {
    const call = part.toolInvocation;
    if (part.type !== "tool-invocation" || !isRecord(call) || call.state !== "call") return part;
    const end = results.get(String(call.toolCallId));
    return end ? { ...part, toolInvocation: { ...call, ...end } } : part;
  });
  const toolInvocations = parts.flatMap((part) =>
    part.type === "tool-invocation" && isRecord(part.toolInvocation) && part.toolInvocation.state === "result" ? [part.toolInvocation] : [],
  );
  return { ...message, content: { ...message.content, parts, toolInvocations } };
}
