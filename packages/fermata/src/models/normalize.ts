/** One form for the end of an answer: v2 reports flat counts and a plain reason, v3 and v4 nested counts and a reason with the provider's own word. */
import type { LanguageModelV2StreamPart, LanguageModelV3StreamPart, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { FinishPart, FinishReason, ModelUsage } from "./types.ts";

/** The `finish` part of any specification version. */
export type AnyFinishPart = Extract<LanguageModelV2StreamPart | LanguageModelV3StreamPart | LanguageModelV4StreamPart, { type: "finish" }>;
type AnyReason = AnyFinishPart["finishReason"];
type AnyUsage = AnyFinishPart["usage"];

/** Brings the end of an answer into its one form. Counts that the provider left out stay absent. */
export function normalizeFinish(part: Omit<AnyFinishPart, "type">): FinishPart {
  const reason = part.finishReason;
  const raw = typeof reason === "object" && reason !== null ? reason.raw : undefined;
  return {
    type: "finish",
    finishReason: normalizeReason(reason),
    ...(raw !== undefined && { rawFinishReason: raw }),
    usage: normalizeUsage(part.usage),
    ...(part.providerMetadata !== undefined && { providerMetadata: part.providerMetadata }),
  };
}

/** `unknown` (v2), `interrupted` (v4) and every word that we do not know become `other`. */
export function normalizeReason(reason: AnyReason | undefined): FinishReason {
  const word = typeof reason === "object" && reason !== null ? reason.unified : reason;
  switch (word) {
    case "stop":
    case "length":
    case "content-filter":
    case "tool-calls":
    case "error":
      return word;
    default:
      return "other";
  }
}

/** Flat counts. `totalTokens` is computed when the provider reports both sides but no sum. */
export function normalizeUsage(usage: AnyUsage | undefined): ModelUsage {
  const result: ModelUsage = {};
  if (usage === undefined || usage === null) return result;
  const { inputTokens: input, outputTokens: output } = usage;
  if (typeof input === "object" && input !== null) {
    put(result, "inputTokens", input.total);
    put(result, "cachedInputTokens", input.cacheRead);
    put(result, "cacheCreationInputTokens", input.cacheWrite);
  } else put(result, "inputTokens", input);
  if (typeof output === "object" && output !== null) {
    put(result, "outputTokens", output.total);
    put(result, "reasoningTokens", output.reasoning);
  } else put(result, "outputTokens", output);
  if ("totalTokens" in usage) put(result, "totalTokens", usage.totalTokens);
  if ("reasoningTokens" in usage) put(result, "reasoningTokens", usage.reasoningTokens);
  if ("cachedInputTokens" in usage) put(result, "cachedInputTokens", usage.cachedInputTokens);
  if (result.totalTokens === undefined && result.inputTokens !== undefined && result.outputTokens !== undefined) {
    result.totalTokens = result.inputTokens + result.outputTokens;
  }
  if ("raw" in usage && usage.raw !== undefined) result.raw = usage.raw;
  return result;
}

const COUNTS = ["inputTokens", "outputTokens", "totalTokens", "reasoningTokens", "cachedInputTokens", "cacheCreationInputTokens"] as const;
type Count = (typeof COUNTS)[number];

/** The sum of two usages. A count that neither has stays absent; `raw` is not summed and therefore dropped. */
export function addUsage(a: ModelUsage, b: ModelUsage): ModelUsage {
  const sum: ModelUsage = {};
  for (const name of COUNTS) {
    const left = a[name];
    const right = b[name];
    if (left !== undefined || right !== undefined) sum[name] = (left ?? 0) + (right ?? 0);
  }
  return sum;
}

function put(usage: ModelUsage, name: Count, value: number | null | undefined): void {
  if (typeof value === "number" && !Number.isNaN(value)) usage[name] = value;
}
