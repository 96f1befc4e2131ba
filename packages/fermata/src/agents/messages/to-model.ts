/**
 * Messages in whatever form they come — a text, AI SDK model messages, AI SDK UI messages of versions 4 and 5, stored messages —
 * become the model's own form.
 */
import { FermataError } from "../../errors.ts";
import type { ModelMessage } from "../../models/types.ts";
import { assistantMessages, toolMessage } from "./assistant-parts.ts";
import { isRecord, str } from "./records.ts";
import { userContent } from "./user-parts.ts";

/** @throws FermataError `VALIDATION_FAILED` naming the message that cannot be understood. */
export function toModelMessages(input: unknown, now: number): ModelMessage[] {
  if (typeof input === "string") return [userMessage(input, now)];
  const list = Array.isArray(input) ? input : [input];
  const result: ModelMessage[] = [];
  for (const [index, item] of list.entries()) {
    if (typeof item === "string") result.push(userMessage(item, now));
    else if (isRecord(item)) appendMessage(result, item, index, now);
    else throw invalid(index, "must be a string or a message object");
  }
  return result;
}

function userMessage(text: string, now: number): ModelMessage {
  return { role: "user", content: [{ type: "text", text, providerOptions: { mastra: { createdAt: now } } }] };
}

function appendMessage(result: ModelMessage[], message: Record<string, unknown>, index: number, now: number): void {
  const content = contentOf(message);
  switch (message.role) {
    case "system":
    case "developer":
      if (typeof content !== "string" && !Array.isArray(content)) throw invalid(index, "needs content: a string or an array of parts");
      result.push({ role: "system", content: textOf(content) });
      return;
    case "user": {
      const parts = userContent(withAttachments(content, message), now, (reason) => invalid(index, reason));
      // A message with parts for people alone says nothing to the model.
      if (parts.length > 0) result.push({ role: "user", content: parts });
      return;
    }
    case "assistant":
      result.push(...assistantMessages(content, message, (reason) => invalid(index, reason)));
      return;
    case "tool":
      result.push(...toolMessage(content, (reason) => invalid(index, reason)));
      return;
    default:
      throw invalid(index, `has the unknown role ${JSON.stringify(message.role)}. Known roles: system, user, assistant, tool`);
  }
}

/** UI messages of AI SDK 4 list their files beside the text, and so do stored messages that were made from them. */
function withAttachments(content: unknown, message: Record<string, unknown>): unknown {
  const stored = isRecord(message.content) ? message.content.experimental_attachments : undefined;
  const attachments = message.experimental_attachments ?? stored;
  if (!Array.isArray(attachments) || attachments.length === 0) return content;
  const parts: unknown[] = typeof content === "string" ? [{ type: "text", text: content }] : Array.isArray(content) ? content : [];
  if (parts.some((part) => isRecord(part) && part.type === "file")) return content; // newer clients list them in both places
  return [
    ...parts,
    ...attachments.map((file: unknown) =>
      isRecord(file) ? { type: "file", url: file.url, mediaType: file.contentType, filename: file.name } : file,
    ),
  ];
}

/** Stored messages keep their parts in `content.parts`, UI messages in `parts`, model messages in `content`. */
function contentOf(message: Record<string, unknown>): unknown {
  if (isRecord(message.content) && Array.isArray(message.content.parts)) {
    const { parts, content } = message.content;
    return parts.length === 0 && typeof content === "string" ? content : parts;
  }
  if (Array.isArray(message.parts)) return message.parts;
  return message.content;
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (isRecord(part) && part.type === "text" ? (str(part.text) ?? "") : "")).join("");
}

/**
 * Without the tool calls that nobody has answered: an interrupted run leaves them behind, and providers refuse a conversation that has one.
 * Calls that the provider ran itself are its own affair.
 */
export function withoutOpenCalls(messages: ModelMessage[]): ModelMessage[] {
  const calls = messages.some((message) => message.role === "assistant" && message.content.some((part) => part.type === "tool-call"));
  if (!calls) return messages;
  const answered = new Set(
    messages.flatMap((message) =>
      message.role === "tool" ? message.content.map((part) => ("toolCallId" in part ? part.toolCallId : "")) : [],
    ),
  );
  return messages.flatMap((message): ModelMessage[] => {
    if (message.role !== "assistant") return [message];
    const content = message.content.filter(
      (part) => part.type !== "tool-call" || part.providerExecuted === true || answered.has(part.toolCallId),
    );
    if (content.length === message.content.length) return [message];
    return content.length > 0 ? [{ ...message, content }] : [];
  });
}

function invalid(index: number, reason: string): FermataError {
  return new FermataError("VALIDATION_FAILED", `messages[${index}] ${reason}.`);
}
