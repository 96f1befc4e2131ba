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
  const results = toolResults(messages);
  const stored: StoredMessage[] = [];
  for (const message of messages) {
    if (message.role === "tool") continue;
    if (message.role === "system") stored.push(storedMessage("system", [{ type: "text", text: message.content }], origin));
    else if (message.role === "user")
      stored.push(
        storedMessage(
          "user",
          message.content.map((part) => userPart(part, origin)),
          origin,
        ),
      );
    else stored.push(storedMessage("assistant", assistantParts(message.content, results, origin), origin));
  }
  return stored;
}

type ToolEnd = Pick<ToolInvocation, "state" | "result" | "errorText" | "approval">;
type ToolResults = ReadonlyMap<string, ToolEnd>;

const NO_RESULTS: ToolResults = new Map();

/** What is known of each call's end, by call id. */
export function toolResults(messages: readonly ModelMessage[]): ToolResults {
  let results: Map<string, ToolEnd> | undefined;
  for (const message of messages) {
    // The results of tools that the provider ran itself stand in the assistant's messages.
    if (message.role !== "tool" && message.role !== "assistant") continue;
    for (const part of message.content) {
      if (part.type === "tool-result") (results ??= new Map()).set(part.toolCallId, toolEnd(part.toolCallId, part.output));
    }
  }
  return results ?? NO_RESULTS;
}

type ToolOutput = Extract<AssistantContent[number], { type: "tool-result" }>["output"];

function toolEnd(toolCallId: string, output: ToolOutput): ToolEnd {
  switch (output.type) {
    case "error-text":
      return { state: "output-error", errorText: output.value };
    case "error-json":
      return { state: "output-error", errorText: JSON.stringify(output.value) };
    case "execution-denied":
      return {
        state: "output-denied",
        approval: { id: toolCallId, approved: false, ...(output.reason !== undefined && { reason: output.reason }) },
      };
    case "content":
      return { state: "result", result: output }; // a list that is not marked as content would come back as data
    default:
      return { state: "result", result: output.value };
  }
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
        const toolInvocation = {
          toolCallId: part.toolCallId,
          toolName: part.toolName,
          args: part.input,
          ...(known ?? { state: "call" as const }),
          ...(part.providerExecuted && { providerExecuted: true as const }),
        };
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
  return {
    type: "file",
    mimeType: part.mediaType,
    data: fileData(part.data),
    ...(part.filename !== undefined && { filename: part.filename }),
    createdAt,
  };
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
  let text = "";
  const finished: ToolInvocation[] = [];
  for (const part of parts) {
    if (part.type === "text") text += part.text;
    else if (part.type === "tool-invocation" && part.toolInvocation.state === "result") finished.push(part.toolInvocation);
  }
  return {
    format: 2,
    parts,
    ...(text !== "" && { content: text }),
    ...(metadata && { metadata }),
    ...(finished.length > 0 && { toolInvocations: finished }),
  };
}
