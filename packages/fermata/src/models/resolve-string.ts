/** From `'provider/model'`, `'auto'` or an endpoint to a model. */
import { FermataError } from "../errors.ts";
import { chooseModel } from "./auto.ts";
import { createOpenAiCompatibleModel } from "./openai-compatible/model.ts";
import { findKey, findProvider, isLocal, redirectedBaseUrl, toEnvPrefix } from "./providers.ts";
import type { Provider } from "./providers.ts";
import type { ResolveOptions } from "./resolve-options.ts";
import type { EndpointConfig, LanguageModel } from "./types.ts";

/** Rejects with `MISCONFIGURED`, and a message that says what to install or set. */
export async function resolveString(name: string, options: ResolveOptions): Promise<LanguageModel> {
  if (name === "auto" || name === "offline") return chooseModel(name, options, (chosen) => resolveEndpoint({ id: chosen }, options));
  return resolveEndpoint({ id: name }, options);
}

/**
 * With `url`, the built-in provider at that address; only a key that is given with it is sent there.
 * Without it, the provider's own package when it is installed, else the built-in provider at the provider's address.
 */
export async function resolveEndpoint(config: EndpointConfig, options: ResolveOptions): Promise<LanguageModel> {
  const { provider: providerId, modelId } = splitName(config);
  if (config.url !== undefined) {
    return createOpenAiCompatibleModel({
      ...connection(config, options),
      provider: providerId,
      modelId,
      baseUrl: config.url,
      apiKey: config.apiKey,
    });
  }
  const env = options.env ?? process.env;
  const provider = findProvider(providerId);
  const redirect = redirectedBaseUrl(providerId, env);
  const apiKey = config.apiKey ?? (provider === undefined ? env[`${toEnvPrefix(providerId)}_API_KEY`] : findKey(provider, env)?.key);
  if (provider !== undefined) {
    const needsKey = !isLocal(provider) && provider.keyIsOptional !== true && redirect === undefined;
    if (needsKey && apiKey === undefined) throw keyMissing(provider, config.id);
    // What an OpenAI address is redirected to speaks chat completions; the package would use the Responses API.
    const prefersBuiltIn = provider.id === "openai" && redirect !== undefined;
    const model = prefersBuiltIn ? undefined : await fromPackage(provider, modelId, { apiKey, baseUrl: redirect, config, options });
    if (model !== undefined) return model;
  }
  const baseUrl = redirect ?? provider?.baseUrl;
  if (baseUrl === undefined) throw providerUnknown(providerId, config.id);
  if (baseUrl === null) throw packageMissing(provider, config.id);
  return createOpenAiCompatibleModel({ ...connection(config, options), provider: provider?.id ?? providerId, modelId, baseUrl, apiKey });
}

function connection(
  config: EndpointConfig,
  options: ResolveOptions,
): { headers: EndpointConfig["headers"]; fetch: typeof fetch | undefined } {
  return { headers: config.headers, fetch: options.fetch };
}

function splitName({ id, url }: EndpointConfig): { readonly provider: string; readonly modelId: string } {
  const slash = id.indexOf("/");
  if (slash > 0 && slash < id.length - 1) return { provider: id.slice(0, slash), modelId: id.slice(slash + 1) };
  if (url !== undefined && id !== "" && slash === -1) return { provider: "custom", modelId: id };
  throw new FermataError(
    "MISCONFIGURED",
    `"${id}" is not the name of a model. Write 'provider/model', for example 'openai/gpt-5-mini', or 'auto'.`,
  );
}

interface PackageCall {
  readonly apiKey: string | undefined;
  readonly baseUrl: string | undefined;
  readonly config: EndpointConfig;
  readonly options: ResolveOptions;
}

async function fromPackage(provider: Provider, modelId: string, call: PackageCall): Promise<LanguageModel | undefined> {
  if (provider.package === null) return undefined;
  const { name, factory } = provider.package;
  const { importInstalled } = await import("./resolve-package.ts"); // needs Node's file system; an app of model objects does not
  const exported = (await importInstalled(name))?.[factory];
  if (typeof exported !== "function") return undefined;
  const create: unknown = exported({
    ...(call.apiKey !== undefined && { apiKey: call.apiKey }),
    ...(call.baseUrl !== undefined && { baseURL: call.baseUrl }),
    ...(call.config.headers !== undefined && { headers: call.config.headers }),
    ...(call.options.fetch !== undefined && { fetch: call.options.fetch }),
  });
  const model: unknown = typeof create === "function" ? create(modelId) : undefined;
  if (isModel(model)) return model;
  throw new FermataError(
    "MISCONFIGURED",
    `The installed version of ${name} gives models of a kind that is not supported; version 2 or newer of the package is needed.`,
  );
}

function isModel(value: unknown): value is LanguageModel {
  return (
    typeof value === "object" &&
    value !== null &&
    "specificationVersion" in value &&
    (value.specificationVersion === "v2" || value.specificationVersion === "v3" || value.specificationVersion === "v4")
  );
}

function keyMissing(provider: Provider, name: string): FermataError {
  return new FermataError(
    "MISCONFIGURED",
    `The model "${name}" needs a key: set the environment variable ${provider.envVars.join(" or ")} (see ${provider.docUrl}).`,
  );
}

function packageMissing(provider: Provider | undefined, name: string): FermataError {
  const variables = provider?.envVars.join(" or ") ?? "";
  return new FermataError(
    "MISCONFIGURED",
    `The model "${name}" needs a package that is not installed: run npm install ${provider?.package?.name ?? ""}, and set ${variables}.`,
  );
}

function providerUnknown(providerId: string, name: string): FermataError {
  const prefix = toEnvPrefix(providerId);
  return new FermataError(
    "MISCONFIGURED",
    `The provider "${providerId}" of the model "${name}" is not known. If it has an OpenAI-compatible endpoint, set ${prefix}_BASE_URL and ${prefix}_API_KEY, or give { id, url, apiKey }; otherwise install its AI SDK package and give the model object.`,
  );
}
