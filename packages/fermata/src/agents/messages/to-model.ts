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
      result.push({ role: "system", content: textOf(content) });
      return;
    case "user":
      result.push({ role: "user", content: userContent(content, now, (reason) => invalid(index, reason)) });
      return;
    case "assistant":
      result.push(...assistantMessages(content, message));
      return;
    case "tool":
      result.push(...toolMessage(content));
      return;
    default:
      throw invalid(index, `has the unknown role ${JSON.stringify(message.role)}. Known roles: system, user, assistant, tool`);
  }
}

/** Stored messages keep their parts in `content.parts`, UI messages in `parts`, model messages in `content`. */
function contentOf(message: Record<string, unknown>): unknown {
  if (isRecord(message.content) && Array.isArray(message.content.parts)) return message.content.parts;
  if (Array.isArray(message.parts)) return message.parts;
  return message.content;
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (isRecord(part) && part.type === "text" ? (str(part.text) ?? "") : "")).join("");
}

function invalid(index: number, reason: string): FermataError {
  return new FermataError("VALIDATION_FAILED", `messages[${index}] ${reason}.`);
}
