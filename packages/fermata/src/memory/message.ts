/** The form in which messages are kept, shown and searched (`wire.md` section 4.2, "DB message"). */
import { FermataError } from "../errors.ts";
import type { MessageRecord, NewMessage } from "../storage/messages.ts";

/** A part of a message: `text`, `tool-invocation`, `file`, `reasoning`, `source`, `step-start`, or one that only the app knows. */
export type MessagePart = Readonly<Record<string, unknown>> & { readonly type: string };

export interface MessageContent {
  readonly format: 2;
  readonly parts: readonly MessagePart[];
  /** All text once more, for readers of older versions. */
  readonly content?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The finished tool calls once more, for readers of older versions. */
  readonly toolInvocations?: readonly unknown[];
}

/** A message of a thread. */
export interface MemoryMessage {
  readonly id: string;
  readonly role: string;
  readonly type?: string;
  readonly createdAt: Date;
  readonly threadId: string;
  readonly resourceId: string;
  readonly content: MessageContent;
}

/** A message on its way into a thread: content may still be a text. */
export interface MessageToSave {
  readonly id?: string | undefined;
  readonly role: string;
  readonly type?: string | undefined;
  readonly createdAt?: Date | string | number | undefined;
  readonly threadId?: string | undefined;
  readonly resourceId?: string | undefined;
  /** A text, parts, or content in the stored form. */
  readonly content?: unknown;
  /** The parts of a UI message. */
  readonly parts?: unknown;
}

const ROLES: ReadonlySet<string> = new Set(["user", "assistant", "system", "tool", "signal"]);

export function toMemoryMessage({ id, role, type, createdAt, threadId, resourceId, content }: MessageRecord): MemoryMessage {
  // Written by `toNewMessage`; what another program wrote is made to fit.
  return {
    id,
    role,
    ...(type !== undefined && { type }),
    createdAt: new Date(createdAt),
    threadId,
    resourceId,
    content: toContent(content),
  };
}

/** @throws FermataError `VALIDATION_FAILED` naming the message that cannot be kept. */
export function toNewMessage(message: MessageToSave, index: number): NewMessage & { readonly content: MessageContent } {
  const { id, role, type, createdAt } = message;
  if (!ROLES.has(role)) throw invalid(index, `has the unknown role ${JSON.stringify(role)}. Known roles: ${[...ROLES].join(", ")}`);
  const at = createdAt === undefined ? undefined : new Date(createdAt).getTime();
  if (at !== undefined && Number.isNaN(at)) throw invalid(index, "has a createdAt that is not a date");
  const content = message.content ?? message.parts;
  if (content === undefined) throw invalid(index, "needs content");
  return {
    id: id ?? crypto.randomUUID(),
    role,
    // `type` is of the first format; the second one has parts.
    ...(type !== undefined && typeof content !== "string" && { type }),
    ...(at !== undefined && { createdAt: at }),
    content: toContent(content),
  };
}

/** Content of any form in the second format. */
export function toContent(content: unknown): MessageContent {
  if (typeof content === "string") return { format: 2, parts: [{ type: "text", text: content }], content };
  if (Array.isArray(content)) return { format: 2, parts: content.filter(isPart) };
  if (isRecord(content)) return { ...content, format: 2, parts: Array.isArray(content.parts) ? content.parts.filter(isPart) : [] };
  return { format: 2, parts: [] };
}

/** What a message says, without its tool calls and files. */
export function textOf({ parts, content }: Pick<MessageContent, "parts" | "content">): string {
  const texts = parts.flatMap((part) => (part.type === "text" && typeof part.text === "string" ? [part.text] : []));
  return texts.length > 0 ? texts.join("") : (content ?? "");
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPart(value: unknown): value is MessagePart {
  return isRecord(value) && typeof value.type === "string";
}

function invalid(index: number, reason: string): FermataError {
  return new FermataError("VALIDATION_FAILED", `messages[${index}] ${reason}.`);
}
