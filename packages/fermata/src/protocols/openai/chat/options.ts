/** What a chat request asks for, as options of a run. */
import type { z } from "zod";
import type { AgentOptions } from "../../../agents/options.ts";
import type { ChatBody } from "../../../contract/shapes/chat.ts";
import { answerFormat } from "../answer-format.ts";
import { callerTools, toolChoice } from "../caller-tools.ts";
import { oneOf, refuseOtherMembers, refuseOthers, unsupported, type Harmless } from "../refusal.ts";
import { given, providerHints, samplingSettings } from "../settings.ts";

export type ChatRequest = z.output<typeof ChatBody>;

const KNOWN: ReadonlySet<string> = new Set([
  ...[
    "model",
    "messages",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "response_format",
    "stream",
    "stream_options",
    "metadata",
    "user",
    "safety_identifier",
  ],
  ...["temperature", "top_p", "top_k", "presence_penalty", "frequency_penalty", "seed", "stop", "max_tokens", "max_completion_tokens"],
  ...["prompt_cache_key", "prompt_cache_retention", "reasoning_effort", "verbosity", "requestContext"],
]);

const HARMLESS: Readonly<Record<string, Harmless>> = {
  n: oneOf(1),
  store: oneOf(false),
  logprobs: oneOf(false),
  top_logprobs: oneOf(0),
  service_tier: oneOf("auto", "default"),
  modalities: (value) => Array.isArray(value) && value.every((modality) => modality === "text"),
  logit_bias: (value) => typeof value === "object" && value !== null && Object.keys(value).length === 0,
};

/** @throws FermataError naming the parameter that cannot be honoured. */
export function chatOptions(body: ChatRequest, isOwnTool: (name: string) => boolean): AgentOptions {
  refuseOthers(body, KNOWN, HARMLESS);
  refuseOtherMembers("stream_options", body.stream_options, ["include_usage", "include_obfuscation"]);
  if (body.stream_options?.include_obfuscation === true) throw unsupported("stream_options.include_obfuscation", "cannot be true.");
  const tools = callerTools(body.tools, "chat");
  const structuredOutput = answerFormat(body.response_format, "response_format", "json_schema");
  const providerOptions = providerHints({ ...body, reasoningEffort: body.reasoning_effort });
  const { stop } = body;
  return {
    ...toolChoice(body.tool_choice, "chat", (name) => Object.hasOwn(tools, name) || isOwnTool(name)),
    ...(Object.keys(tools).length > 0 && { clientTools: tools }),
    ...(structuredOutput && { structuredOutput }),
    ...(providerOptions && { providerOptions }),
    modelSettings: {
      ...samplingSettings(body),
      ...given({
        topK: body.top_k,
        seed: body.seed,
        maxOutputTokens: body.max_completion_tokens ?? body.max_tokens,
        stopSequences: typeof stop === "string" ? [stop] : stop,
      }),
    },
  };
}
