/** The prompt as the planner sees it: what the user said last, what came before, and what the tools have answered since. */
import type { LanguageModelV4Message, LanguageModelV4Prompt, LanguageModelV4ToolResultOutput } from "@ai-sdk/provider";

export interface Turn {
  readonly role: "user" | "assistant";
  readonly text: string;
}

export interface ToolCall {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: unknown;
}

export interface ToolOutcome extends ToolCall {
  readonly output: LanguageModelV4ToolResultOutput;
}

export interface Conversation {
  /** What the user said last. Long messages are cut in the middle. */
  readonly user: string;
  /** Texts before that, oldest first. */
  readonly history: readonly Turn[];
  /** Tool calls before that, oldest first. */
  readonly earlierCalls: readonly ToolCall[];
  /** What the tools have answered to the last message. */
  readonly outcomes: readonly ToolOutcome[];
  /** What the system message says is remembered of the user, in the element `working_memory_data`. */
  readonly memory: string;
}

/** Characters of one message that are read. More than a person types, and little enough to stay fast. */
const MAX_TEXT = 4000;
const MAX_HISTORY = 200;

export function readConversation(prompt: LanguageModelV4Prompt): Conversation {
  const last = prompt.findLastIndex((message) => message.role === "user");
  const before = prompt.slice(Math.max(0, last - MAX_HISTORY), Math.max(0, last));
  const lastMessage = prompt[last];
  return {
    user: lastMessage === undefined ? "" : textOf(lastMessage),
    history: before.flatMap((message): Turn[] => {
      const text = message.role === "user" || message.role === "assistant" ? textOf(message) : "";
      return text === "" || (message.role !== "user" && message.role !== "assistant") ? [] : [{ role: message.role, text }];
    }),
    earlierCalls: before.flatMap(callsOf),
    outcomes: outcomesOf(prompt.slice(last + 1)),
    memory: memoryOf(prompt),
  };
}

function memoryOf(prompt: LanguageModelV4Prompt): string {
  const system = prompt.flatMap((message) => (message.role === "system" ? [message.content.slice(0, 20_000)] : [])).join("\n");
  return /<working_memory_data>([^<]*)<\/working_memory_data>/.exec(system)?.[1]?.trim() ?? "";
}

function textOf(message: LanguageModelV4Message): string {
  if (message.role === "system") return message.content;
  const parts: string[] = [];
  for (const part of message.content) if (part.type === "text") parts.push(shorten(part.text));
  return shorten(parts.join("\n").trim());
}

function shorten(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1000)}\n${text.slice(-1000)}`;
}

function callsOf(message: LanguageModelV4Message): ToolCall[] {
  if (message.role !== "assistant") return [];
  return message.content.flatMap((part) =>
    part.type === "tool-call" ? [{ toolCallId: part.toolCallId, toolName: part.toolName, input: inputOf(part.input) }] : [],
  );
}

/** Some callers hand the input back as the JSON text that the model wrote. */
function inputOf(input: unknown): unknown {
  if (typeof input !== "string") return input;
  try {
    return JSON.parse(input);
  } catch {
    return input;
  }
}

function outcomesOf(messages: readonly LanguageModelV4Message[]): ToolOutcome[] {
  const calls = new Map(messages.flatMap(callsOf).map((call) => [call.toolCallId, call]));
  return messages.flatMap((message) => {
    if (message.role !== "tool" && message.role !== "assistant") return [];
    return message.content.flatMap((part): ToolOutcome[] =>
      part.type === "tool-result"
        ? [{ toolCallId: part.toolCallId, toolName: part.toolName, input: calls.get(part.toolCallId)?.input, output: part.output }]
        : [],
    );
  });
}
