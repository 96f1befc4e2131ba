/** The request body of chat completions, and what of the options it cannot say. */
import type { LanguageModelV4CallOptions, SharedV4Warning } from "@ai-sdk/provider";
import { toWireMessages } from "./prompt.ts";

export interface RequestTarget {
  readonly provider: string;
  readonly modelId: string;
  readonly baseUrl: string;
}

export interface WireRequest {
  readonly body: Record<string, unknown>;
  readonly warnings: SharedV4Warning[];
}

/** Providers whose reasoning models expect their earlier reasoning back between tool calls. */
const WANTS_REASONING_BACK = new Set(["deepseek", "moonshotai", "alibaba", "zai"]);

/** Settings that a model cannot take are left out and reported as warnings. */
export function toWireRequest(target: RequestTarget, options: LanguageModelV4CallOptions, stream: boolean): WireRequest {
  const warnings: SharedV4Warning[] = [];
  const isOpenAi = target.baseUrl.startsWith("https://api.openai.com/");
  const body: Record<string, unknown> = {
    ...extraMembers(target.provider, options),
    model: target.modelId,
    messages: toWireMessages(options.prompt, { sendReasoning: WANTS_REASONING_BACK.has(target.provider) }),
  };
  set(body, isOpenAi ? "max_completion_tokens" : "max_tokens", options.maxOutputTokens);
  set(body, "stop", options.stopSequences?.length ? options.stopSequences : undefined);
  set(body, "seed", options.seed);
  if (options.reasoning !== undefined && options.reasoning !== "provider-default") set(body, "reasoning_effort", options.reasoning);
  if (options.topK !== undefined) warnings.push({ type: "unsupported", feature: "topK" });
  addSampling(body, options, isOpenAi && isReasoningModel(target.modelId), warnings);
  addResponseFormat(body, options.responseFormat);
  addTools(body, options, warnings);
  if (stream) {
    body.stream = true;
    body.stream_options = { include_usage: true };
  }
  return { body, warnings };
}

/** `providerOptions` of this provider, with names as the wire format writes them. They cannot replace what the call itself says. */
function extraMembers(provider: string, options: LanguageModelV4CallOptions): Record<string, unknown> {
  const extra: Record<string, unknown> = {};
  for (const name of ["openaiCompatible", provider]) {
    const own = options.providerOptions?.[name];
    for (const key in own) extra[key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = own[key];
  }
  return extra;
}

function addSampling(
  body: Record<string, unknown>,
  options: LanguageModelV4CallOptions,
  isFixed: boolean,
  warnings: SharedV4Warning[],
): void {
  const sampling = [
    ["temperature", "temperature", options.temperature],
    ["topP", "top_p", options.topP],
    ["presencePenalty", "presence_penalty", options.presencePenalty],
    ["frequencyPenalty", "frequency_penalty", options.frequencyPenalty],
  ] as const;
  for (const [feature, member, value] of sampling) {
    if (value === undefined) continue;
    if (isFixed) warnings.push({ type: "unsupported", feature, details: "The model does not take sampling settings." });
    else body[member] = value;
  }
}

function isReasoningModel(modelId: string): boolean {
  return /^(o\d|gpt-5)/.test(modelId) && !modelId.includes("chat");
}

function addResponseFormat(body: Record<string, unknown>, format: LanguageModelV4CallOptions["responseFormat"]): void {
  if (format?.type !== "json") return;
  if (format.schema === undefined) {
    body.response_format = { type: "json_object" };
    return;
  }
  body.response_format = {
    type: "json_schema",
    json_schema: {
      name: format.name ?? "response",
      ...(format.description !== undefined && { description: format.description }),
      schema: format.schema,
      ...(fitsStrictMode(format.schema) && { strict: true }),
    },
  };
}

/** Strict mode wants every object closed and every property required; a server rejects other schemas in that mode. */
function fitsStrictMode(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(fitsStrictMode);
  if (typeof schema !== "object" || schema === null) return true;
  if ("properties" in schema && typeof schema.properties === "object" && schema.properties !== null) {
    const required = "required" in schema && Array.isArray(schema.required) ? schema.required : [];
    if (!("additionalProperties" in schema) || schema.additionalProperties !== false) return false;
    if (!Object.keys(schema.properties).every((name) => required.includes(name))) return false;
  } else if ("type" in schema && schema.type === "object") return false;
  return Object.values(schema).every(fitsStrictMode);
}

function addTools(body: Record<string, unknown>, options: LanguageModelV4CallOptions, warnings: SharedV4Warning[]): void {
  const tools: unknown[] = [];
  for (const tool of options.tools ?? []) {
    if (tool.type !== "function") {
      warnings.push({ type: "unsupported", feature: `provider tool ${tool.id}` });
      continue;
    }
    const { name, description, inputSchema: parameters, strict } = tool;
    tools.push({
      type: "function",
      function: { name, ...(description !== undefined && { description }), parameters, ...(strict !== undefined && { strict }) },
    });
  }
  if (tools.length === 0) return;
  body.tools = tools;
  const choice = options.toolChoice;
  if (choice !== undefined)
    body.tool_choice = choice.type === "tool" ? { type: "function", function: { name: choice.toolName } } : choice.type;
}

function set(body: Record<string, unknown>, member: string, value: unknown): void {
  if (value !== undefined) body[member] = value;
}
