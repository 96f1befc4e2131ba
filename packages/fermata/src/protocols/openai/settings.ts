/** Sampling settings and provider options, from the parameters that both APIs have. */
import type { ModelSettings } from "../../models/types.ts";

interface Sampling {
  readonly temperature?: number | null | undefined;
  readonly top_p?: number | null | undefined;
  readonly presence_penalty?: number | null | undefined;
  readonly frequency_penalty?: number | null | undefined;
}

export function samplingSettings({ temperature, top_p, presence_penalty, frequency_penalty }: Sampling): ModelSettings {
  return given({ temperature, topP: top_p, presencePenalty: presence_penalty, frequencyPenalty: frequency_penalty });
}

interface Hints {
  readonly parallel_tool_calls?: boolean | null | undefined;
  readonly prompt_cache_key?: string | null | undefined;
  readonly prompt_cache_retention?: string | null | undefined;
  readonly safety_identifier?: string | null | undefined;
  readonly user?: string | null | undefined;
  readonly reasoningEffort?: unknown;
  readonly reasoningSummary?: unknown;
  readonly verbosity?: unknown;
}

type ProviderOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What only the model's provider can do goes to it, under the names that providers of OpenAI's kind read. */
export function providerHints(hints: Hints, own?: ProviderOptions): ProviderOptions | undefined {
  const {
    parallel_tool_calls,
    prompt_cache_key,
    prompt_cache_retention,
    safety_identifier,
    user,
    reasoningEffort,
    reasoningSummary,
    verbosity,
  } = hints;
  const openai = given({
    parallelToolCalls: parallel_tool_calls === false ? false : undefined,
    promptCacheKey: prompt_cache_key,
    promptCacheRetention: prompt_cache_retention,
    safetyIdentifier: safety_identifier,
    user,
    reasoningEffort,
    reasoningSummary,
    textVerbosity: verbosity,
  });
  if (Object.keys(openai).length === 0) return own;
  return { ...own, openai: { ...openai, ...own?.["openai"] } };
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined | null> };

/** Without the members that are not set. */
export function given<T extends object>(values: T): Given<T> {
  const result: Given<T> = {};
  // A member that is neither `undefined` nor `null` has the type that `Given` says.
  for (const key in values)
    if (values[key] !== undefined && values[key] !== null) result[key] = values[key] as Exclude<T[typeof key], undefined | null>;
  return result;
}
