/** What `model: 'auto'` means on this machine. */
import { FermataError } from "../errors.ts";
import { createOpenAiCompatibleModel } from "./openai-compatible/model.ts";
import { PROVIDERS, findKey, isLocal, redirectedBaseUrl } from "./providers.ts";
import type { ResolveOptions } from "./resolve-options.ts";
import type { LanguageModel } from "./types.ts";

/** How long a local server may take to list its models, in milliseconds. */
const PROBE_MS = 300;

/**
 * `FERMATA_MODEL`, else the first provider with a key in the environment, else a local OpenAI-compatible server that lists a model
 * within 300 ms, else the offline model. Says in one line what was chosen and why. `named` resolves `'provider/model'`.
 */
export async function chooseModel(
  name: "auto" | "offline",
  options: ResolveOptions,
  named: (name: string) => Promise<LanguageModel>,
): Promise<LanguageModel> {
  if (name === "offline") return offlineModel();
  const env = options.env ?? process.env;
  const log = options.log ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const forced = env.FERMATA_MODEL;
  if (forced) return fromVariable(forced, log, named);
  for (const provider of PROVIDERS) {
    const key = findKey(provider, env);
    const [modelId] = provider.models;
    if (key === undefined || modelId === undefined) continue;
    log(`Model: ${provider.id}/${modelId}, because ${key.envVar} is set.`);
    return named(`${provider.id}/${modelId}`);
  }
  const local = await findLocal(env, options.fetch ?? fetch);
  if (local !== undefined) {
    log(`Model: ${local.provider}/${local.modelId}, because ${local.name} answers at ${local.baseUrl}.`);
    return createOpenAiCompatibleModel({ ...local, fetch: options.fetch });
  }
  const model = await offlineModel();
  log(
    `Model: ${model.provider}/${model.modelId} (offline: no language model, fixed rules), because no provider key is set and no local model server answers.`,
  );
  return model;
}

async function fromVariable(
  forced: string,
  log: (line: string) => void,
  named: (name: string) => Promise<LanguageModel>,
): Promise<LanguageModel> {
  if (forced === "auto") throw new FermataError("MISCONFIGURED", "FERMATA_MODEL must be 'offline' or 'provider/model'.");
  log(`Model: ${forced}${forced === "offline" ? " (no language model, fixed rules)" : ""}, because FERMATA_MODEL says so.`);
  return forced === "offline" ? offlineModel() : named(forced);
}

/** Loaded only when it is needed: most servers never ask it. */
async function offlineModel(): Promise<LanguageModel> {
  const { createOfflineModel } = await import("./offline/index.ts");
  return createOfflineModel();
}

interface LocalServer {
  readonly provider: string;
  readonly name: string;
  readonly baseUrl: string;
  readonly modelId: string;
}

/** All addresses are asked at once; of those that answer, the first of the table is taken. */
async function findLocal(env: NodeJS.ProcessEnv, fetcher: typeof fetch): Promise<LocalServer | undefined> {
  const override = env.FERMATA_LOCAL_MODEL_URL;
  const servers = override
    ? [{ provider: "local", name: "FERMATA_LOCAL_MODEL_URL", baseUrl: override }]
    : PROVIDERS.filter(isLocal).map(({ id, name, baseUrl }) => ({
        provider: id,
        name,
        baseUrl: redirectedBaseUrl(id, env) ?? baseUrl ?? "",
      }));
  const found = await Promise.all(
    servers.map(async (server) => {
      const modelId = await firstModel(server.baseUrl, fetcher);
      return modelId === undefined ? undefined : { ...server, modelId };
    }),
  );
  return found.find((server) => server !== undefined);
}

/** `GET <base>/models`. Models for embeddings are passed over. */
async function firstModel(baseUrl: string, fetcher: typeof fetch): Promise<string | undefined> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), PROBE_MS);
  try {
    const response = await fetcher(`${baseUrl.replace(/\/+$/, "")}/models`, { signal: timeout.signal });
    const answer: unknown = response.ok ? await response.json() : await response.body?.cancel();
    if (typeof answer !== "object" || answer === null || !("data" in answer) || !Array.isArray(answer.data)) return undefined;
    const ids = answer.data.flatMap((model: unknown) =>
      typeof model === "object" && model !== null && "id" in model && typeof model.id === "string" ? [model.id] : [],
    );
    return ids.find((id) => !/embed|rerank|whisper/i.test(id));
  } catch {
    return undefined; // nobody there, too slow, or not such a server
  } finally {
    clearTimeout(timer);
  }
}
