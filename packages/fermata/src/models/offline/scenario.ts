/** Helpers for the tests of the offline model: short ways to write a prompt and to read an answer. */
import type {
  JSONSchema7,
  JSONValue,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4ToolResultOutput,
} from "@ai-sdk/provider";
import { createOfflineModel } from "./index.ts";

/** A Wednesday. */
export const NOW = new Date("2026-03-04T10:00:00Z");

export function tool(
  name: string,
  description: string,
  properties: Record<string, JSONSchema7>,
  required: string[] = Object.keys(properties),
): LanguageModelV4FunctionTool {
  return { type: "function", name, description, inputSchema: { type: "object", properties, required } };
}

export const weather = tool(
  "get_weather",
  "Get the weather for a city",
  { city: { type: "string", description: "Name of the city" }, units: { type: "string", enum: ["metric", "imperial"] } },
  ["city"],
);

export function user(text: string): LanguageModelV4Message {
  return { role: "user", content: [{ type: "text", text }] };
}

export function assistant(text: string): LanguageModelV4Message {
  return { role: "assistant", content: [{ type: "text", text }] };
}

/** A call and its answer, as they stand in a prompt. */
export function exchange(
  toolName: string,
  input: Record<string, JSONValue>,
  output: LanguageModelV4ToolResultOutput,
): LanguageModelV4Message[] {
  const toolCallId = `${toolName}-1`;
  return [
    { role: "assistant", content: [{ type: "tool-call", toolCallId, toolName, input }] },
    { role: "tool", content: [{ type: "tool-result", toolCallId, toolName, output }] },
  ];
}

export interface Answer {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
}

function toAnswer(content: readonly LanguageModelV4Content[]): Answer {
  return {
    text: content.map((part) => (part.type === "text" ? part.text : "")).join(""),
    calls: content.flatMap((part) =>
      part.type === "tool-call" ? [{ name: part.toolName, input: JSON.parse(part.input) as unknown }] : [],
    ),
  };
}

/** Asks the model, at `NOW`. A string is a conversation of one message. */
export async function ask(
  prompt: string | LanguageModelV4Message[],
  options: Omit<LanguageModelV4CallOptions, "prompt"> = {},
): Promise<Answer> {
  const model = createOfflineModel({ now: () => NOW });
  const { content } = await model.doGenerate({ ...options, prompt: typeof prompt === "string" ? [user(prompt)] : prompt });
  return toAnswer(content);
}
