/** The options of one call to one candidate: the candidate's own settings lie under what the request says. */
import { toLegacyOptions } from "./legacy-options.ts";
import type { ModelCallOptions, ModelCandidate, ModelRequest, ModelSettings, ModelTimeouts } from "./types.ts";

const SETTINGS = [
  "temperature",
  "maxOutputTokens",
  "topP",
  "topK",
  "presencePenalty",
  "frequencyPenalty",
  "seed",
] as const satisfies readonly (keyof ModelSettings & keyof ModelCallOptions)[];

/** Returns `request.options` itself when there is nothing to add or change. */
export function optionsFor(candidate: ModelCandidate, request: ModelRequest): ModelCallOptions {
  let options = request.options;
  const { modelSettings: settings, providerOptions, headers } = candidate;
  if (settings !== undefined || providerOptions !== undefined || headers !== undefined) {
    options = { ...options };
    if (settings !== undefined) addSettings(options, settings);
    const under = { ...headers, ...settings?.headers };
    if (Object.keys(under).length > 0) options.headers = { ...under, ...options.headers };
    if (providerOptions !== undefined) addProviderOptions(options, providerOptions);
  }
  return candidate.model.specificationVersion === "v4" ? options : toLegacyOptions(options, candidate.model.specificationVersion);
}

/** The time-outs of one call, or `undefined` when there are none. An answer that comes at once has no first part to wait for. */
export function timeoutsFor(candidate: ModelCandidate, request: ModelRequest): ModelTimeouts | undefined {
  const under = candidate.modelSettings?.timeout;
  const { timeouts } = request;
  const merged = under !== undefined && timeouts !== undefined ? { ...under, ...timeouts } : (timeouts ?? under);
  if (request.mode === "stream" || merged === undefined) return merged;
  return merged.stepMs === undefined ? undefined : { stepMs: merged.stepMs };
}

function addSettings(options: ModelCallOptions, settings: ModelSettings): void {
  for (const name of SETTINGS) {
    const value = settings[name];
    if (value !== undefined) options[name] ??= value;
  }
  if (settings.stopSequences !== undefined) options.stopSequences ??= [...settings.stopSequences];
}

function addProviderOptions(options: ModelCallOptions, under: NonNullable<ModelCandidate["providerOptions"]>): void {
  const merged: Record<string, Readonly<Record<string, unknown>>> = { ...under };
  for (const [provider, own] of Object.entries(options.providerOptions ?? {})) merged[provider] = { ...merged[provider], ...own };
  // The interface wants JSON objects; what an app writes into its configuration is passed on as it is.
  options.providerOptions = merged as NonNullable<ModelCallOptions["providerOptions"]>;
}
