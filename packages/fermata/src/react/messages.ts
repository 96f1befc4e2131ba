/** Messages as a page shows them, and how the events of a stream and what is stored become them. */
import type { AgentEvent } from "../client/index.ts";

export interface ToolPart {
  readonly type: "tool";
  readonly toolCallId: string;
  readonly toolName: string;
  /** `approval` and `suspended` wait for somebody. */
  readonly state: "input" | "call" | "result" | "error" | "approval" | "suspended" | "denied";
  /** What the model has written so far, while `state` is `input`. */
  readonly argsText: string;
  readonly args: unknown;
  readonly result?: unknown;
  readonly error?: string;
  /** The run that waits. */
  readonly runId?: string;
  /** What a tool that suspended has said. */
  readonly suspendPayload?: unknown;
}

export type MessagePart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  | { readonly type: "source"; readonly url?: string; readonly title?: string }
  | { readonly type: "file"; readonly mimeType: string; readonly data: string }
  | { readonly type: `data-${string}`; readonly data: unknown }
  | ToolPart;

/** A message of a conversation. */
export interface ChatMessage {
  readonly id: string;
  readonly role: "user" | "assistant" | "system";
  readonly parts: readonly MessagePart[];
}

/** The texts of a message, put together. */
export function textOf({ parts }: ChatMessage): string {
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** The message with an event of its stream in it. Events that show nothing leave it as it is. */
export function withEvent(message: ChatMessage, event: AgentEvent): ChatMessage {
  if (!("payload" in event)) return "data" in event ? withPart(message, { type: event.type, data: event.data }) : message;
  switch (event.type) {
    case "text-start":
      return withPart(message, { type: "text", text: "" });
    case "text-delta":
      return withText(message, "text", event.payload.text);
    case "reasoning-start":
      return withPart(message, { type: "reasoning", text: "" });
    case "reasoning-delta":
      return withText(message, "reasoning", event.payload.text);
    case "source": {
      const { url, title } = event.payload;
      return withPart(message, { type: "source", ...(url !== undefined && { url }), ...(title !== undefined && { title }) });
    }
    case "file":
      return withPart(message, { type: "file", mimeType: event.payload.mimeType, data: event.payload.base64 });
    default:
      return withToolEvent(message, event);
  }
}

function withToolEvent(message: ChatMessage, event: Extract<AgentEvent, { payload: unknown }>): ChatMessage {
  switch (event.type) {
    case "tool-call-input-streaming-start":
      return withTool(message, event.payload, { state: "input" });
    case "tool-call-delta": {
      const { toolCallId, argsTextDelta } = event.payload;
      return withTool(message, event.payload, { argsText: `${toolOf(message, toolCallId)?.argsText ?? ""}${argsTextDelta}` });
    }
    case "tool-call":
      return withTool(message, event.payload, { state: "call", args: event.payload.args });
    case "tool-result":
      return withTool(message, event.payload, { state: "result", args: event.payload.args, result: event.payload.result });
    case "tool-error":
      return withTool(message, event.payload, { state: "error", error: event.payload.error.message ?? event.payload.error.name });
    case "tool-call-approval":
      return withTool(message, event.payload, { state: "approval", args: event.payload.args, runId: event.runId });
    case "tool-call-suspended": {
      const { args, suspendPayload } = event.payload;
      return withTool(message, event.payload, { state: "suspended", args, suspendPayload, runId: event.runId });
    }
    case "tool-output-denied":
      return withTool(message, event.payload, { state: "denied" });
    default:
      return message;
  }
}

/** The message with a tool's call changed, or added when it is new. */
export function withTool(
  message: ChatMessage,
  { toolCallId, toolName }: { readonly toolCallId: string; readonly toolName: string },
  change: Partial<ToolPart>,
): ChatMessage {
  const known = toolOf(message, toolCallId);
  if (!known) return withPart(message, { type: "tool", toolCallId, toolName, state: "call", argsText: "", args: undefined, ...change });
  return { ...message, parts: message.parts.map((part) => (part === known ? { ...known, ...change } : part)) };
}

function toolOf({ parts }: ChatMessage, toolCallId: string): ToolPart | undefined {
  return parts.find((part): part is ToolPart => part.type === "tool" && part.toolCallId === toolCallId);
}

function withPart(message: ChatMessage, part: MessagePart): ChatMessage {
  return { ...message, parts: [...message.parts, part] };
}

function withText(message: ChatMessage, type: "text" | "reasoning", text: string): ChatMessage {
  const last = message.parts.at(-1);
  if (last?.type !== type) return withPart(message, { type, text });
  return { ...message, parts: [...message.parts.slice(0, -1), { type, text: `${last.text}${text}` }] };
}

type Raw = Readonly<Record<string, unknown>>;

/** A message as the server keeps it. */
export interface StoredMessage {
  readonly id: string;
  readonly role: string;
  readonly content: { readonly parts: readonly (Raw & { readonly type: string })[] };
}

export function fromStored({ id, role, content }: StoredMessage): ChatMessage {
  const parts = content.parts.flatMap((part): MessagePart[] => {
    if (part.type === "text") return [{ type: "text", text: textIn(part.text) }];
    if (part.type === "reasoning") return [{ type: "reasoning", text: textIn(part.text ?? part.reasoning) }];
    return part.type === "tool-invocation" ? [fromInvocation(part.toolInvocation as Raw)] : [];
  });
  return { id, role: role === "user" || role === "system" ? role : "assistant", parts };
}

const textIn = (value: unknown): string => (typeof value === "string" ? value : "");

function fromInvocation({ toolCallId, toolName, args, state, result }: Raw): ToolPart {
  const done = state === "result";
  const call = { toolCallId: String(toolCallId), toolName: String(toolName), args };
  return { type: "tool", ...call, argsText: "", state: done ? "result" : "call", ...(done && { result }) };
}

/** The message as the server takes it when it keeps no thread. */
export function toGiven({ role, parts }: ChatMessage): object {
  const content = parts.flatMap((part): object[] => {
    if (part.type === "text") return part.text === "" ? [] : [{ type: "text", text: part.text }];
    if (part.type !== "tool" || part.state !== "result") return [];
    const { toolCallId, toolName, args, result } = part;
    return [{ type: "tool-invocation", toolInvocation: { state: "result", toolCallId, toolName, args, result } }];
  });
  return { role, content };
}
