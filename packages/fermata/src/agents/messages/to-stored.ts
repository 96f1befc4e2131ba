import type { ModelMessage } from "../../models/types.ts";
import { toBase64 } from "./base64.ts";
import { isoTime } from "./iso-time.ts";
import type { StoredMessage, StoredPart, ToolInvocation } from "./stored.ts";

interface Origin {
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

type AssistantContent = Extract<ModelMessage, { role: "assistant" }>["content"];

/** Model messages as stored ones. Tool results go to the call they answer. */
export function toStoredMessages(messages: readonly ModelMessage[], origin: Origin): StoredMessage[] {
  const results = messages.some(({ role }) => role === "tool") ? toolResults(messages) : NO_RESULTS;
  const stored: StoredMessage[] = [];
  for (const message of messages) {
    if (message.role === "tool") continue;
    if (message.role === "system") stored.push(storedMessage("system", [{ type: "text", text: message.content }], origin));
    else if (message.role === "user") stored.push(storedMessage("user", message.content.map((part) => userPart(part, origin)), origin));
    else stored.push(storedMessage("assistant", assistantParts(message.content, results, origin), origin));
  }
  return stored;
}

type ToolResults = ReadonlyMap<string, Pick<ToolInvocation, "state" | "result" | "errorText" | "approval">>;

const NO_RESULTS: ToolResults = new Map();

/** What is known of each call's end, by call id. */
export function toolResults(messages: readonly ModelMessage[]): ToolResults {
  const results = new Map<string, Pick<ToolInvocation, "state" | "result" | "errorText" | "approval">>();
  for (const message of messages) {
    if (message.role !== "tool") continue;
    for (const part of message.content) {
      if (part.type !== "tool-result") continue;
      const { output } = part;
      if (output.type === "error-text") results.set(part.toolCallId, { state: "output-error", errorText: output.value });
      else if (output.type === "execution-denied") {
        results.set(part.toolCallId, { state: "output-denied", approval: { id: part.toolCallId, approved: false, ...(output.reason !== undefined && { reason: output.reason }) } });
      } else results.set(part.toolCallId, { state: "result", result: output.value });
    }
  }
  return results;
}

export function assistantParts(content: AssistantContent, results: ToolResults, { createdAt }: Origin): StoredPart[] {
  const parts: StoredPart[] = [];
  for (const part of content) {
    switch (part.type) {
      case "text":
        parts.push({ type: "text", text: part.text, createdAt });
        break;
      case "reasoning":
        parts.push({ type: "reasoning", reasoning: part.text, text: part.text, details: [{ type: "text", text: part.text }], createdAt });
        break;
      case "file":
        parts.push(filePart(part, createdAt));
        break;
      case "tool-call": {
        const known = results.get(part.toolCallId);
        const toolInvocation = { toolCallId: part.toolCallId, toolName: part.toolName, args: part.input, ...(known ?? { state: "call" as const }) };
        parts.push({ type: "tool-invocation", toolInvocation, createdAt });
        break;
      }
      default:
        break;
    }
  }
  return parts;
}

type UserPart = Extract<ModelMessage, { role: "user" }>["content"][number];

function userPart(part: UserPart, { createdAt }: Origin): StoredPart {
  return part.type === "text" ? { type: "text", text: part.text, createdAt } : filePart(part, createdAt);
}

type FilePart = Extract<UserPart, { type: "file" }>;

function filePart(part: FilePart, createdAt: number): StoredPart {
  return { type: "file", mimeType: part.mediaType, data: fileData(part.data), ...(part.filename !== undefined && { filename: part.filename }), createdAt };
}

function fileData(data: FilePart["data"]): string {
  switch (data.type) {
    case "data":
      return typeof data.data === "string" ? data.data : toBase64(data.data);
    case "url":
      return String(data.url);
    case "text":
      return data.text;
    default:
      return "";
  }
}

function storedMessage(role: StoredMessage["role"], parts: readonly StoredPart[], { createdAt }: Origin): StoredMessage {
  return { id: crypto.randomUUID(), role, createdAt: isoTime(createdAt), content: storedContent(parts) };
}

/** Parts with their text beside them, as readers of older versions expect it. */
export function storedContent(parts: readonly StoredPart[], metadata?: Readonly<Record<string, unknown>>): StoredMessage["content"] {
  const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  const finished = parts.flatMap((part) => (part.type === "tool-invocation" && part.toolInvocation.state === "result" ? [part.toolInvocation] : []));
  return {
    format: 2,
    parts,
    ...(text !== "" && { content: text }),
    ...(metadata && { metadata }),
    ...(finished.length > 0 && { toolInvocations: finished }),
  };
}
