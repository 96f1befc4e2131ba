/** What a response's request asks for, as options of a run. */
import type { z } from "zod";
import type { AgentOptions } from "../../../agents/options.ts";
import type { ResponseBody } from "../../../contract/shapes/responses.ts";
import { answerFormat } from "../answer-format.ts";
import { callerTools, toolChoice } from "../caller-tools.ts";
import { oneOf, refused, refuseOtherMembers, refuseOthers, unsupported, type Harmless } from "../refusal.ts";
import { given, providerHints, samplingSettings } from "../settings.ts";

export type ResponseRequest = z.output<typeof ResponseBody>;

const KNOWN: ReadonlySet<string> = new Set([
  ...[
    "agent_id",
    "model",
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "max_tool_calls",
    "text",
    "reasoning",
    "include",
  ],
  ...[
    "stream",
    "stream_options",
    "store",
    "background",
    "previous_response_id",
    "conversation",
    "conversation_id",
    "metadata",
    "user",
    "safety_identifier",
  ],
  ...["temperature", "top_p", "presence_penalty", "frequency_penalty", "max_output_tokens", "prompt_cache_key", "prompt_cache_retention"],
  ...["providerOptions", "requestContext"],
]);

const HARMLESS: Readonly<Record<string, Harmless>> = {
  truncation: oneOf("disabled"),
  service_tier: oneOf("auto", "default"),
  top_logprobs: oneOf(0),
};

/** More to be included than there is would be ignored; these are answered by what the items have anyway. */
const INCLUDABLE: ReadonlySet<string> = new Set([
  "reasoning.encrypted_content",
  "message.input_image.image_url",
  "file_search_call.results",
  "web_search_call.results",
  "web_search_call.action.sources",
  "code_interpreter_call.outputs",
  "computer_call_output.output.image_url",
]);

const MOST_METADATA = 16;

/** @throws FermataError naming what cannot be included. */
export function checkInclude(include: readonly string[]): void {
  for (const [index, name] of include.entries())
    if (!INCLUDABLE.has(name)) throw unsupported(`include[${index}]`, `cannot be ${JSON.stringify(name)}.`);
}

/** @throws FermataError naming the parameter that cannot be honoured. */
export function responseOptions(body: ResponseRequest, isOwnTool: (name: string) => boolean): AgentOptions {
  refuseOthers(body, KNOWN, HARMLESS);
  refuseOtherMembers("text", body.text, ["format", "verbosity"]);
  refuseOtherMembers("reasoning", body.reasoning, ["effort", "summary"]);
  refuseOtherMembers("stream_options", body.stream_options, ["include_obfuscation"]);
  refuseOtherMembers("conversation", body.conversation, typeof body.conversation === "object" ? ["id"] : []);
  checkInclude(body.include ?? []);
  if (Object.keys(body.metadata ?? {}).length > MOST_METADATA)
    throw refused("metadata", `metadata may have ${MOST_METADATA} pairs at most.`);
  if (body.stream_options?.include_obfuscation === true) throw unsupported("stream_options.include_obfuscation", "cannot be true.");
  const tools = callerTools(body.tools, "responses");
  const structuredOutput = answerFormat(body.text?.format, "text.format", "here");
  const { effort: reasoningEffort, summary: reasoningSummary } = body.reasoning ?? {};
  const providerOptions = providerHints(
    { ...body, reasoningEffort, reasoningSummary, verbosity: body.text?.verbosity },
    body.providerOptions,
  );
  return {
    ...(typeof body.instructions === "string" && { instructions: body.instructions }),
    ...toolChoice(body.tool_choice, "responses", (name) => Object.hasOwn(tools, name) || isOwnTool(name)),
    ...(Object.keys(tools).length > 0 && { clientTools: tools }),
    ...(structuredOutput && { structuredOutput }),
    ...(providerOptions && { providerOptions }),
    ...(typeof body.max_tool_calls === "number" && { prepareStep: noMoreThan(body.max_tool_calls) }),
    modelSettings: { ...samplingSettings(body), ...given({ maxOutputTokens: body.max_output_tokens }) },
  };
}

/** After so many calls the model is asked to answer without any more. */
function noMoreThan(calls: number): NonNullable<AgentOptions["prepareStep"]> {
  return ({ steps }) => (steps.reduce((sum, step) => sum + step.toolCalls.length, 0) >= calls ? { toolChoice: "none" } : undefined);
}
