/** From what an app wrote to the models that are asked. */
import { FermataError } from "../errors.ts";
import type { ResolveOptions } from "./resolve-options.ts";
import { resolveEndpoint, resolveString } from "./resolve-string.ts";
import type { EndpointConfig, FallbackEntry, LanguageModel, ModelCandidate, ModelConfig } from "./types.ts";

export type { ResolveOptions } from "./resolve-options.ts";

const DEFAULT_MAX_RETRIES = 2;
const MAX_CACHED_MODELS = 256;

interface CacheEntry {
  readonly pending: Promise<LanguageModel>;
  model?: LanguageModel;
}
const cache = new Map<string, CacheEntry>();

/**
 * The candidates that a configuration means, disabled entries left out. Strings and endpoints are resolved once per process.
 * Rejects with `MISCONFIGURED` when a model object is of an unknown specification version, or a name cannot be resolved
 * (unknown provider, package or key missing).
 */
export async function resolveModels(
  config: ModelConfig | readonly FallbackEntry[],
  options: ResolveOptions = {},
): Promise<readonly ModelCandidate[]> {
  const ready = options.env === undefined && options.fetch === undefined ? resolveNow(config, options) : undefined;
  if (ready !== undefined) return ready;
  if (!isList(config)) return [toCandidate({ model: config }, await resolveOne(config, options), options)];
  const enabled = config.filter((entry) => entry.enabled !== false);
  return Promise.all(enabled.map(async (entry) => toCandidate(entry, await resolveOne(entry.model, options), options)));
}

/** The same, at once, when every model is an object or has been resolved before; otherwise `undefined`. */
export function resolveNow(
  config: ModelConfig | readonly FallbackEntry[],
  options: Pick<ResolveOptions, "maxRetries"> = {},
): readonly ModelCandidate[] | undefined {
  if (!isList(config)) {
    const model = modelNow(config);
    return model === undefined ? undefined : [{ model, maxRetries: options.maxRetries ?? DEFAULT_MAX_RETRIES }];
  }
  const candidates: ModelCandidate[] = [];
  for (const entry of config) {
    if (entry.enabled === false) continue;
    const model = modelNow(entry.model);
    if (model === undefined) return undefined;
    candidates.push(toCandidate(entry, model, options));
  }
  return candidates;
}

/** Forgets what was resolved before: for a process whose environment has changed, such as a test. */
export function forgetModels(): void {
  cache.clear();
}

function modelNow(config: ModelConfig): LanguageModel | undefined {
  if (isLanguageModel(config)) return config;
  return cache.get(cacheKey(config))?.model;
}

async function resolveOne(config: ModelConfig, options: ResolveOptions): Promise<LanguageModel> {
  if (isLanguageModel(config)) return config;
  if (options.env !== undefined || options.fetch !== undefined) return resolveFresh(config, options);
  const key = cacheKey(config);
  const known = cache.get(key);
  if (known !== undefined) return known.pending;
  const entry: CacheEntry = { pending: resolveFresh(config, options) };
  cache.set(key, entry);
  for (const oldest of cache.keys()) {
    if (cache.size <= MAX_CACHED_MODELS) break;
    cache.delete(oldest);
  }
  try {
    return (entry.model = await entry.pending);
  } catch (error) {
    if (cache.get(key) === entry) cache.delete(key); // a missing key or package may be there the next time
    throw error;
  }
}

function resolveFresh(config: string | EndpointConfig, options: ResolveOptions): Promise<LanguageModel> {
  return typeof config === "string" ? resolveString(config, options) : resolveEndpoint(config, options);
}

function toCandidate(entry: FallbackEntry, model: LanguageModel, options: ResolveOptions): ModelCandidate {
  return {
    model,
    maxRetries: entry.maxRetries ?? entry.modelSettings?.maxRetries ?? options.maxRetries ?? DEFAULT_MAX_RETRIES,
    ...(entry.id !== undefined && { id: entry.id }),
    ...(entry.modelSettings !== undefined && { modelSettings: entry.modelSettings }),
    ...(entry.providerOptions !== undefined && { providerOptions: entry.providerOptions }),
    ...(entry.headers !== undefined && { headers: entry.headers }),
  };
}

function isList(config: ModelConfig | readonly FallbackEntry[]): config is readonly FallbackEntry[] {
  return Array.isArray(config);
}

/** Throws for what is neither a known model object nor a configuration: an app that is not type-checked can pass anything. */
function isLanguageModel(config: ModelConfig): config is LanguageModel {
  if (typeof config === "string") return false;
  if (typeof config !== "object" || config === null) throw notAModel(`a value of type ${config === null ? "null" : typeof config}`);
  if ("specificationVersion" in config) {
    const version: string = config.specificationVersion;
    if (version === "v2" || version === "v3" || version === "v4") return true;
    throw notAModel(`a model object of specification version "${version}"`);
  }
  if (typeof config.id === "string") return false;
  throw notAModel("an object that is neither a model nor { id, url?, apiKey?, headers? }");
}

function notAModel(what: string): FermataError {
  return new FermataError(
    "MISCONFIGURED",
    `Cannot use ${what} as a model. Give 'provider/model', 'auto', { id, url, apiKey }, or a model of the AI SDK provider interface v2, v3 or v4 (AI SDK 5 or newer).`,
  );
}

function cacheKey(config: string | EndpointConfig): string {
  return typeof config === "string" ? config : JSON.stringify([config.id, config.url, config.apiKey, config.headers]);
}
