import type { ModelMessage } from "../../models/types.ts";
import type { FermataError } from "../../errors.ts";
import { toJsonValue } from "./json-value.ts";
import { optionsOf } from "./part-options.ts";
import { isRecord, str } from "./records.ts";
import { toFilePart } from "./user-parts.ts";

type AssistantContent = Extract<ModelMessage, { role: "assistant" }>["content"];
type ToolContent = Extract<ModelMessage, { role: "tool" }>["content"];
type ToolResultPart = Extract<ToolContent[number], { type: "tool-result" }>;
type ToolOutput = ToolResultPart["output"];
type JsonObject = NonNullable<NonNullable<ToolResultPart["providerOptions"]>[string]>;
/** Makes the error that names the message. */
export type Invalid = (reason: string) => FermataError;

/** One assistant message with several steps in it becomes one message per step, each followed by its tool results. */
export function assistantMessages(content: unknown, message: Record<string, unknown>, invalid: Invalid): ModelMessage[] {
  if (Array.isArray(content)) return split(content, invalid);
  const calls = legacyInvocations(message);
  if (typeof content !== "string" && calls.length === 0) throw invalid("needs content: a string or an array of parts");
  return split([...(typeof content === "string" && content !== "" ? [{ type: "text", text: content }] : []), ...calls], invalid);
}

/** UI messages of AI SDK 4 list their tool calls beside the text. */
function legacyInvocations(message: Record<string, unknown>): unknown[] {
  const list = message.toolInvocations;
  return Array.isArray(list) ? list.map((toolInvocation: unknown) => ({ type: "tool-invocation", toolInvocation })) : [];
}

function split(parts: readonly unknown[], invalid: Invalid): ModelMessage[] {
  const messages: ModelMessage[] = [];
  let content: AssistantContent = [];
  let results: ToolResultPart[] = [];
  const flush = (): void => {
    if (content.length > 0) messages.push({ role: "assistant", content });
    if (results.length > 0) messages.push({ role: "tool", content: results });
    content = [];
    results = [];
  };
  for (const part of parts) {
    if (!isRecord(part)) throw invalid("has a content part that is not an object");
    const invocation = toInvocation(part);
    if (invocation) {
      if (invocation.id === "" || invocation.name === "") throw invalid("has a tool call without toolCallId or tool name");
      const call = { toolCallId: invocation.id, toolName: invocation.name };
      // What the provider ran itself stands in the assistant's own message, call and result.
      if (invocation.providerExecuted) {
        content.push({ type: "tool-call", ...call, input: invocation.input, providerExecuted: true });
        if (invocation.output) content.push({ type: "tool-result", ...call, output: invocation.output });
        continue;
      }
      content.push({ type: "tool-call", toolCallId: invocation.id, toolName: invocation.name, input: invocation.input });
      if (invocation.output)
        results.push({ type: "tool-result", toolCallId: invocation.id, toolName: invocation.name, output: invocation.output });
      continue;
    }
    if (
      part.type === "tool-result" &&
      content.some((known) => known.type === "tool-call" && known.providerExecuted && known.toolCallId === part.toolCallId)
    ) {
      content.push(toResultPart(part, invalid));
      continue;
    }
    if (part.type === "step-start" || (results.length > 0 && part.type !== "tool-result")) flush();
    if (part.type === "text") content.push({ type: "text", text: textOf(part.text, invalid), ...optionsOf(part) });
    else if (part.type === "reasoning")
      content.push({ type: "reasoning", text: str(part.text) ?? str(part.reasoning) ?? "", ...optionsOf(part) });
    else if (part.type === "file") content.push(toFilePart(part, invalid));
    else if (part.type === "tool-result") results.push(toResultPart(part, invalid));
  }
  flush();
  return messages;
}

function textOf(text: unknown, invalid: Invalid): string {
  if (typeof text !== "string") throw invalid("has a text part without text");
  return text;
}

interface Invocation {
  readonly providerExecuted: boolean;
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  readonly output: ToolOutput | undefined;
}

/** A tool call in any of its forms: model message, UI message 4 and 5, stored message. */
function toInvocation(part: Record<string, unknown>): Invocation | undefined {
  const type = str(part.type) ?? "";
  if (type === "tool-call") {
    return {
      id: str(part.toolCallId) ?? "",
      name: str(part.toolName) ?? "",
      input: part.input ?? part.args ?? {},
      output: undefined,
      providerExecuted: part.providerExecuted === true,
    };
  }
  if (type === "tool-invocation" && isRecord(part.toolInvocation)) {
    const call = part.toolInvocation;
    return {
      id: str(call.toolCallId) ?? "",
      name: str(call.toolName) ?? "",
      input: call.args ?? call.input ?? {},
      output: settledOutput(call, call.result),
      providerExecuted: call.providerExecuted === true,
    };
  }
  if (type === "dynamic-tool" || (type.startsWith("tool-") && type !== "tool-result" && "toolCallId" in part)) {
    const name = str(part.toolName) ?? type.slice("tool-".length);
    return {
      id: str(part.toolCallId) ?? "",
      name,
      input: part.input ?? {},
      output: settledOutput(part, part.output),
      providerExecuted: part.providerExecuted === true,
    };
  }
  return undefined;
}

function settledOutput(call: Record<string, unknown>, result: unknown): ToolOutput | undefined {
  switch (call.state) {
    case "result":
    case "output-available":
      return toToolOutput(result);
    case "output-error":
      return { type: "error-text", value: str(call.errorText) ?? "The tool failed." };
    case "output-denied":
      return { type: "execution-denied", ...denialReason(call.approval) };
    default:
      return undefined;
  }
}

function denialReason(approval: unknown): { reason?: string } {
  return isRecord(approval) && typeof approval.reason === "string" ? { reason: approval.reason } : {};
}

export function toolMessage(content: unknown, invalid: Invalid): ModelMessage[] {
  if (!Array.isArray(content)) throw invalid("needs content: an array of tool results");
  const results = content
    .filter(isRecord)
    .filter((part) => part.type === "tool-result")
    .map((part) => toResultPart(part, invalid));
  return results.length > 0 ? [{ role: "tool", content: results }] : [];
}

function toResultPart(part: Record<string, unknown>, invalid: Invalid): ToolResultPart {
  if (typeof part.toolCallId !== "string" || part.toolCallId === "") throw invalid("has a tool result without toolCallId");
  const value = part.output ?? part.result;
  const output: ToolOutput = part.isError === true ? { type: "error-json", value: toJsonValue(value) } : toToolOutput(value);
  const modelOutput = modelOutputOf(part.providerOptions);
  const told = modelOutput && { providerOptions: { mastra: { modelOutput } } };
  return { type: "tool-result", toolCallId: str(part.toolCallId) ?? "", toolName: str(part.toolName) ?? "", output, ...told };
}

/** What the model is to be told of a result, when the message says so. */
function modelOutputOf(options: unknown): JsonObject | undefined {
  if (!isRecord(options) || !isRecord(options.mastra) || !isRecord(options.mastra.modelOutput)) return undefined;
  const output = options.mastra.modelOutput;
  return OUTPUT_TYPES.has(String(output.type)) && "value" in output ? (toJsonValue(output) as JsonObject) : undefined;
}

const OUTPUT_TYPES = new Set(["text", "json", "error-text", "error-json", "content", "execution-denied"]);

/** A tool's result as a model reads it. */
export function toResultOutput(value: unknown): ToolOutput {
  return typeof value === "string" ? { type: "text", value } : { type: "json", value: toJsonValue(value) };
}

/** What a message holds of a tool's result, as a model reads it. A value that already has the model's form is kept. */
export function toToolOutput(value: unknown): ToolOutput {
  // The caller wrote the provider interface's own form; what is inside is checked where the provider reads it.
  return isToolOutput(value) ? (value as ToolOutput) : toResultOutput(value);
}

function isToolOutput(value: unknown): boolean {
  if (!isRecord(value)) return false;
  switch (value.type) {
    case "text":
    case "error-text":
      return typeof value.value === "string";
    case "json":
    case "error-json":
      return "value" in value;
    case "content":
      return Array.isArray(value.value);
    default:
      return value.type === "execution-denied";
  }
}
