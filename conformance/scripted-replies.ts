/** Which word makes the scripted model do what. */
import type { JSONSchema7, LanguageModelV2CallOptions, LanguageModelV3CallOptions } from "@ai-sdk/provider";

type CallOptions = LanguageModelV2CallOptions | LanguageModelV3CallOptions;

interface ToolRequest {
  readonly toolName: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What the model will do. `throw` fails before the first part, `failure` is an error part in the stream. */
export type Reply =
  | { readonly kind: "throw"; readonly message: string }
  | { readonly kind: "failure"; readonly message: string }
  | { readonly kind: "tools"; readonly calls: readonly ToolRequest[] }
  | {
      readonly kind: "text";
      readonly text: string;
      readonly reasoning?: readonly string[];
      readonly source?: true;
      readonly cutOff?: true;
      readonly delayMs?: number;
    };

/** The first row whose word is in the message and whose tool is offered (null: offered or not) wins. */
const TOOL_WORDS: readonly (readonly [word: string, offered: string | null, first: ToolRequest, second?: ToolRequest])[] = [
  ["both", "weatherTool", { toolName: "weatherTool", input: { city: "Paris" } }, { toolName: "weatherTool", input: { city: "Rome" } }],
  ["badargs", "weatherTool", { toolName: "weatherTool", input: { town: 5 } }],
  ["weather", "weatherTool", { toolName: "weatherTool", input: { city: "Paris" } }],
  ["delete", "deleteFile", { toolName: "deleteFile", input: { path: "notes/a.txt" } }],
  ["ask", "askUser", { toolName: "askUser", input: { question: "Which colour?" } }],
  ["broken", "brokenTool", { toolName: "brokenTool", input: {} }],
  ["progress", "progressTool", { toolName: "progressTool", input: { n: 2 } }],
  ["remember", "updateWorkingMemory", { toolName: "updateWorkingMemory", input: { memory: "# User\n- name: Ada" } }],
  ["unknowntool", null, { toolName: "noSuchTool", input: { a: 1 } }],
  ["client", "getTime", { toolName: "getTime", input: { zone: "UTC" } }],
  ["helper", "agent-plainAgent", { toolName: "agent-plainAgent", input: { prompt: "hello helper" } }],
];

const WORDS: readonly (readonly [word: string, reply: Reply])[] = [
  ["throwmodel", { kind: "throw", message: "model exploded" }],
  ["errorpart", { kind: "failure", message: "upstream 529 overloaded" }],
  ["think", { kind: "text", reasoning: ["I should ", "answer."], text: "Thought it over." }],
  ["source", { kind: "text", source: true, text: "See the source." }],
  ["slow", { kind: "text", text: Array.from({ length: 40 }, (_, index) => `word${index}`).join(" "), delayMs: 100 }],
  ["long", { kind: "text", text: "cut off", cutOff: true }],
];

/** The smallest value that fits a JSON Schema of the plain kind that the suites send. */
function sampleOf(schema: JSONSchema7, name = "value"): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "object" || schema.properties)
    return Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([key, value]) => [key, typeof value === "object" ? sampleOf(value, key) : null]),
    );
  if (type === "array") return typeof schema.items === "object" && !Array.isArray(schema.items) ? [sampleOf(schema.items, name)] : [];
  if (type === "number" || type === "integer") return 7;
  if (type === "boolean") return true;
  return type === "null" ? null : `mock-${name}`;
}

type ToolOutput = { readonly toolName: string; readonly output: { readonly type: string; readonly value?: unknown } };

function speakOf(result: ToolOutput): string {
  const value = result.output.value ?? result.output;
  return `Tool ${result.toolName} said ${JSON.stringify(value)}`;
}

/** Picks the reply for a call, and hands back the user's words that picked it. */
export function chooseReply(options: CallOptions): { reply: Reply; text: string } {
  const { prompt } = options;
  const lastUser = prompt.findLastIndex((message) => message.role === "user");
  const asked = prompt[lastUser];
  const text = asked?.role === "user" ? asked.content.map((part) => (part.type === "text" ? part.text : "")).join("") : "";
  const results = prompt
    .slice(lastUser + 1)
    .flatMap((message): ToolOutput[] => (message.role === "tool" ? message.content.filter((part) => part.type === "tool-result") : []));
  const system = prompt.flatMap((message) => (message.role === "system" ? [message.content] : []));
  const words = text.toLowerCase();

  if (options.responseFormat?.type === "json") {
    const { schema } = options.responseFormat;
    if (schema && words.includes("badjson")) return { text, reply: { kind: "text", text: "this is not json" } };
    return { text, reply: { kind: "text", text: JSON.stringify(schema ? sampleOf(schema) : { ok: true }) } };
  }
  if (/json schema|valid json/i.test(system.join("\n"))) return { text, reply: { kind: "text", text: '{"ok":true}' } };

  const offered = (options.tools ?? []).map((tool) => tool.name);
  if (results.length === 0 && offered.length > 0 && options.toolChoice?.type !== "none") {
    const row = TOOL_WORDS.find(([word, tool]) => words.includes(word) && (tool === null || offered.includes(tool)));
    if (row) return { text, reply: { kind: "tools", calls: row[3] ? [row[2], row[3]] : [row[2]] } };
  }
  const scripted = WORDS.find(([word]) => words.includes(word));
  if (scripted) return { text, reply: scripted[1] };
  const last = results.at(-1);
  if (last) return { text, reply: { kind: "text", text: speakOf(last) } };
  if (words.includes("sysprompt")) return { text, reply: { kind: "text", text: `SYS=${system.join("|")}` } };
  if (words.includes("history"))
    return { text, reply: { kind: "text", text: `COUNT=${prompt.filter((message) => message.role === "user").length}` } };
  return { text, reply: { kind: "text", text: `Echo: ${text}` } };
}
