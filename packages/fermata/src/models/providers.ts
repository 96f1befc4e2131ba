/** The well-known providers: how they are named, reached and paid. Facts only; a model that is not listed works as well. */

export interface Provider {
  readonly id: string;
  readonly name: string;
  /** Other spellings of the id. */
  readonly aliases?: readonly string[];
  /** The AI SDK package and its factory; used when the app has it installed. */
  readonly package: { readonly name: `@ai-sdk/${string}`; readonly factory: string } | null;
  /** Variables that hold the key, in the order in which they are looked at. Empty for a local server. */
  readonly envVars: readonly string[];
  /** The package can do without a key of its own (a cloud identity of the machine, for example). */
  readonly keyIsOptional?: true;
  /** Base URL of an OpenAI-compatible chat endpoint; `null` when there is none, or none that is the same for everybody. */
  readonly baseUrl: string | null;
  readonly docUrl: string;
  /** Some model ids. The first is what `'auto'` chooses. */
  readonly models: readonly string[];
}

/** In the order in which `'auto'` looks for a key. */
export const PROVIDERS: readonly Provider[] = [
  {
    id: "openai",
    name: "OpenAI",
    package: { name: "@ai-sdk/openai", factory: "createOpenAI" },
    envVars: ["OPENAI_API_KEY"],
    baseUrl: "https://api.openai.com/v1",
    docUrl: "https://platform.openai.com/docs/models",
    models: ["gpt-5-mini", "gpt-5.1", "gpt-5", "gpt-5-nano", "gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini"],
  },
  {
    id: "anthropic",
    name: "Anthropic",
    package: { name: "@ai-sdk/anthropic", factory: "createAnthropic" },
    envVars: ["ANTHROPIC_API_KEY"],
    baseUrl: "https://api.anthropic.com/v1",
    docUrl: "https://docs.anthropic.com/en/docs/about-claude/models",
    models: ["claude-haiku-4-5", "claude-sonnet-4-5", "claude-opus-4-5"],
  },
  {
    id: "google",
    name: "Google",
    package: { name: "@ai-sdk/google", factory: "createGoogleGenerativeAI" },
    envVars: ["GOOGLE_GENERATIVE_AI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"],
    baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai",
    docUrl: "https://ai.google.dev/gemini-api/docs/models",
    models: ["gemini-2.5-flash", "gemini-2.5-pro", "gemini-2.5-flash-lite"],
  },
  {
    id: "groq",
    name: "Groq",
    package: { name: "@ai-sdk/groq", factory: "createGroq" },
    envVars: ["GROQ_API_KEY"],
    baseUrl: "https://api.groq.com/openai/v1",
    docUrl: "https://console.groq.com/docs/models",
    models: ["openai/gpt-oss-120b", "openai/gpt-oss-20b", "llama-3.3-70b-versatile", "llama-3.1-8b-instant"],
  },
  {
    id: "openrouter",
    name: "OpenRouter",
    package: null,
    envVars: ["OPENROUTER_API_KEY"],
    baseUrl: "https://openrouter.ai/api/v1",
    docUrl: "https://openrouter.ai/models",
    models: ["openai/gpt-5-mini", "anthropic/claude-haiku-4.5", "google/gemini-2.5-flash"],
  },
  {
    id: "deepseek",
    name: "DeepSeek",
    package: { name: "@ai-sdk/deepseek", factory: "createDeepSeek" },
    envVars: ["DEEPSEEK_API_KEY"],
    baseUrl: "https://api.deepseek.com/v1",
    docUrl: "https://api-docs.deepseek.com/quick_start/pricing",
    models: ["deepseek-v4-flash", "deepseek-v4-pro"],
  },
  {
    id: "xai",
    name: "xAI",
    package: { name: "@ai-sdk/xai", factory: "createXai" },
    envVars: ["XAI_API_KEY"],
    baseUrl: "https://api.x.ai/v1",
    docUrl: "https://docs.x.ai/docs/models",
    models: ["grok-4", "grok-3", "grok-3-mini"],
  },
  {
    id: "mistral",
    name: "Mistral",
    package: { name: "@ai-sdk/mistral", factory: "createMistral" },
    envVars: ["MISTRAL_API_KEY"],
    baseUrl: "https://api.mistral.ai/v1",
    docUrl: "https://docs.mistral.ai/getting-started/models/",
    models: ["mistral-medium-latest", "mistral-large-latest", "mistral-small-latest", "codestral-latest"],
  },
  {
    id: "togetherai",
    name: "Together AI",
    aliases: ["together"],
    package: { name: "@ai-sdk/togetherai", factory: "createTogetherAI" },
    envVars: ["TOGETHER_API_KEY", "TOGETHER_AI_API_KEY"],
    baseUrl: "https://api.together.xyz/v1",
    docUrl: "https://docs.together.ai/docs/serverless-models",
    models: ["openai/gpt-oss-120b", "openai/gpt-oss-20b", "meta-llama/Llama-3.3-70B-Instruct-Turbo"],
  },
  {
    id: "fireworks-ai",
    name: "Fireworks AI",
    aliases: ["fireworks"],
    package: { name: "@ai-sdk/fireworks", factory: "createFireworks" },
    envVars: ["FIREWORKS_API_KEY"],
    baseUrl: "https://api.fireworks.ai/inference/v1",
    docUrl: "https://fireworks.ai/models",
    models: ["accounts/fireworks/models/gpt-oss-120b", "accounts/fireworks/models/gpt-oss-20b"],
  },
  {
    id: "cerebras",
    name: "Cerebras",
    package: { name: "@ai-sdk/cerebras", factory: "createCerebras" },
    envVars: ["CEREBRAS_API_KEY"],
    baseUrl: "https://api.cerebras.ai/v1",
    docUrl: "https://inference-docs.cerebras.ai/models/overview",
    models: ["gpt-oss-120b"],
  },
  {
    id: "moonshotai",
    name: "Moonshot AI",
    aliases: ["moonshot"],
    package: { name: "@ai-sdk/moonshotai", factory: "createMoonshotAI" },
    envVars: ["MOONSHOT_API_KEY"],
    baseUrl: "https://api.moonshot.ai/v1",
    docUrl: "https://platform.moonshot.ai/docs/api/chat",
    models: ["kimi-k2.6", "kimi-k3"],
  },
  {
    id: "alibaba",
    name: "Alibaba (Qwen)",
    aliases: ["qwen", "dashscope"],
    package: { name: "@ai-sdk/alibaba", factory: "createAlibaba" },
    envVars: ["DASHSCOPE_API_KEY", "ALIBABA_API_KEY"],
    baseUrl: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    docUrl: "https://www.alibabacloud.com/help/en/model-studio/models",
    models: ["qwen-plus", "qwen-max", "qwen-flash"],
  },
  {
    id: "zai",
    name: "Z.AI",
    aliases: ["zhipu", "zhipuai"],
    package: null,
    envVars: ["ZHIPU_API_KEY", "ZAI_API_KEY"],
    baseUrl: "https://api.z.ai/api/paas/v4",
    docUrl: "https://docs.z.ai/guides/overview/pricing",
    models: ["glm-4.6", "glm-4.5", "glm-4.5-air"],
  },
  {
    id: "perplexity",
    name: "Perplexity",
    package: { name: "@ai-sdk/perplexity", factory: "createPerplexity" },
    envVars: ["PERPLEXITY_API_KEY"],
    baseUrl: "https://api.perplexity.ai",
    docUrl: "https://docs.perplexity.ai/getting-started/models",
    models: ["sonar", "sonar-pro", "sonar-reasoning-pro"],
  },
  {
    id: "cohere",
    name: "Cohere",
    package: { name: "@ai-sdk/cohere", factory: "createCohere" },
    envVars: ["COHERE_API_KEY"],
    baseUrl: "https://api.cohere.ai/compatibility/v1",
    docUrl: "https://docs.cohere.com/docs/models",
    models: ["command-a-03-2025", "command-r-plus-08-2024", "command-r-08-2024"],
  },
  {
    id: "deepinfra",
    name: "Deep Infra",
    package: { name: "@ai-sdk/deepinfra", factory: "createDeepInfra" },
    envVars: ["DEEPINFRA_API_KEY"],
    baseUrl: "https://api.deepinfra.com/v1/openai",
    docUrl: "https://deepinfra.com/models",
    models: ["openai/gpt-oss-120b", "openai/gpt-oss-20b", "meta-llama/Llama-3.3-70B-Instruct-Turbo"],
  },
  {
    id: "nvidia",
    name: "NVIDIA",
    package: null,
    envVars: ["NVIDIA_API_KEY"],
    baseUrl: "https://integrate.api.nvidia.com/v1",
    docUrl: "https://docs.api.nvidia.com/nim/",
    models: ["openai/gpt-oss-120b", "meta/llama-3.3-70b-instruct"],
  },
  {
    id: "huggingface",
    name: "Hugging Face",
    package: { name: "@ai-sdk/huggingface", factory: "createHuggingFace" },
    envVars: ["HF_TOKEN", "HUGGINGFACE_API_KEY"],
    baseUrl: "https://router.huggingface.co/v1",
    docUrl: "https://huggingface.co/docs/inference-providers",
    models: ["openai/gpt-oss-120b", "meta-llama/Llama-3.3-70B-Instruct"],
  },
  {
    id: "vercel",
    name: "Vercel AI Gateway",
    aliases: ["gateway"],
    package: { name: "@ai-sdk/gateway", factory: "createGateway" },
    envVars: ["AI_GATEWAY_API_KEY"],
    baseUrl: "https://ai-gateway.vercel.sh/v1",
    docUrl: "https://vercel.com/docs/ai-gateway",
    models: ["openai/gpt-5-mini", "anthropic/claude-haiku-4.5", "google/gemini-2.5-flash"],
  },
  {
    id: "azure",
    name: "Azure OpenAI",
    package: { name: "@ai-sdk/azure", factory: "createAzure" },
    envVars: ["AZURE_API_KEY"],
    baseUrl: null,
    docUrl: "https://learn.microsoft.com/azure/ai-services/openai/concepts/models",
    models: [],
  },
  {
    id: "amazon-bedrock",
    name: "Amazon Bedrock",
    aliases: ["bedrock"],
    package: { name: "@ai-sdk/amazon-bedrock", factory: "createAmazonBedrock" },
    envVars: ["AWS_BEARER_TOKEN_BEDROCK"],
    keyIsOptional: true,
    baseUrl: null,
    docUrl: "https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html",
    models: [],
  },
  local("ollama", "Ollama", "http://127.0.0.1:11434/v1", "https://docs.ollama.com/api/openai-compatibility"),
  local("lmstudio", "LM Studio", "http://127.0.0.1:1234/v1", "https://lmstudio.ai/docs"),
  local("llamacpp", "llama.cpp", "http://127.0.0.1:8080/v1", "https://github.com/ggml-org/llama.cpp/tree/master/tools/server"),
  local("vllm", "vLLM", "http://127.0.0.1:8000/v1", "https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html"),
];

function local(id: string, name: string, baseUrl: string, docUrl: string): Provider {
  return { id, name, package: null, envVars: [], baseUrl, docUrl, models: [] };
}

/** A provider that runs on the user's own machine and needs no key. */
export function isLocal(provider: Provider): boolean {
  return provider.envVars.length === 0;
}

export function findProvider(id: string): Provider | undefined {
  return PROVIDERS.find((provider) => provider.id === id || provider.aliases?.includes(id));
}

/** The first variable of the provider that holds something. */
export function findKey(provider: Provider, env: NodeJS.ProcessEnv): { readonly envVar: string; readonly key: string } | undefined {
  for (const envVar of provider.envVars) {
    const key = env[envVar];
    if (key) return { envVar, key };
  }
  return undefined;
}

/** What `<PROVIDER>_BASE_URL` says (the id or one of its other spellings, in capitals, `_` for what is not a letter or digit). */
export function redirectedBaseUrl(id: string, env: NodeJS.ProcessEnv): string | undefined {
  const provider = findProvider(id);
  for (const name of [id, ...(provider === undefined ? [] : [provider.id, ...(provider.aliases ?? [])])]) {
    const url = env[`${toEnvPrefix(name)}_BASE_URL`];
    if (url) return url;
  }
  return undefined;
}

/** `fireworks-ai` → `FIREWORKS_AI`. */
export function toEnvPrefix(id: string): string {
  return id.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
}

/** A provider as `GET /agents/providers` lists it. */
export interface ProviderDescription {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly description: string;
  /** The variable to set: the one that is set, else the first; for a local server the one with its address. */
  readonly envVar: string;
  /** Whether a key, or for a local server an address, is in the environment. Nothing is called to find out. */
  readonly connected: boolean;
  readonly docUrl: string;
  readonly models: readonly string[];
}

export function describeProviders(env: NodeJS.ProcessEnv = process.env): readonly ProviderDescription[] {
  return PROVIDERS.map((provider) => {
    const { id, name, docUrl, models } = provider;
    const key = findKey(provider, env);
    const addressVar = `${toEnvPrefix(id)}_BASE_URL`;
    const envVar = key?.envVar ?? provider.envVars[0] ?? addressVar;
    const connected = isLocal(provider) ? redirectedBaseUrl(id, env) !== undefined : key !== undefined;
    return { id, name, label: name, description: "", envVar, connected, docUrl, models };
  });
}
