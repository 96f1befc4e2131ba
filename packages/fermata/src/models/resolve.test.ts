import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { ASK, joined, readAll } from "../../test/support/call-parts.ts";
import { startWireServer, textChunks } from "../../test/support/openai-wire-server.ts";
import { scriptedModel } from "../../test/support/scripted-model.ts";
import { callModel } from "./call.ts";
import { forgetModels, resolveModels, resolveNow } from "./resolve.ts";
import type { ModelConfig } from "./types.ts";

beforeEach(forgetModels);
afterEach(forgetModels);

/** The only model of this configuration. */
async function modelOf(
  config: ModelConfig,
  env: NodeJS.ProcessEnv = {},
): Promise<{ provider: string; modelId: string; specificationVersion: string }> {
  const [only] = await resolveModels(config, { env });
  if (only === undefined) throw new Error("no candidate");
  return only.model;
}

describe("a model object", () => {
  test("is a candidate at once, with two repeats", () => {
    const model = scriptedModel();
    expect(resolveNow(model)).toEqual([{ model, maxRetries: 2 }]);
  });
  test.each(["v1", "v5"])("of specification version %s is MISCONFIGURED", async (specificationVersion) => {
    const model = { ...scriptedModel(), specificationVersion } as unknown as ModelConfig;
    await expect(resolveModels(model)).rejects.toMatchObject({
      code: "MISCONFIGURED",
      message: expect.stringContaining(`"${specificationVersion}"`),
    });
  });
  test.each([null, 7, {}, undefined] as unknown[])("is not %j", async (value) => {
    await expect(resolveModels(value as ModelConfig)).rejects.toMatchObject({ code: "MISCONFIGURED" });
  });
});

describe("a fallback list", () => {
  test("keeps its order, leaves out what is disabled and takes repeats from the entry, its settings, or the default", async () => {
    const [a, b, c, d] = [scriptedModel(), scriptedModel(), scriptedModel(), scriptedModel()];
    const candidates = await resolveModels(
      [
        { model: a, maxRetries: 0, id: "first" },
        { model: b, enabled: false },
        { model: c, modelSettings: { maxRetries: 5 }, headers: { x: "1" }, providerOptions: { p: {} } },
        { model: d },
      ],
      { maxRetries: 1 },
    );
    expect(candidates).toEqual([
      { model: a, maxRetries: 0, id: "first" },
      { model: c, maxRetries: 5, modelSettings: { maxRetries: 5 }, headers: { x: "1" }, providerOptions: { p: {} } },
      { model: d, maxRetries: 1 },
    ]);
  });
});

describe("a disabled entry", () => {
  test("is not even resolved", async () => {
    const list = [{ model: "nobody/x", enabled: false }, { model: "ollama/x" }];
    expect(await resolveModels(list, { env: {} })).toHaveLength(1);
  });
});

describe("a name", () => {
  test("is resolved once per process and then known at once", async () => {
    vi.stubEnv("GROQ_API_KEY", "k");
    expect(resolveNow("groq/some-model")).toBeUndefined();
    const [[first], [second]] = await Promise.all([resolveModels("groq/some-model"), resolveModels("groq/some-model")]);
    expect(second?.model).toBe(first?.model);
    expect(resolveNow("groq/some-model")?.[0]?.model).toBe(first?.model);
  });
  test("that could not be resolved is tried again", async () => {
    vi.stubEnv("GROQ_API_KEY", "");
    await expect(resolveModels("groq/some-model")).rejects.toMatchObject({ code: "MISCONFIGURED" });
    vi.stubEnv("GROQ_API_KEY", "k");
    expect((await resolveModels("groq/some-model"))[0]?.model.modelId).toBe("some-model");
  });
  test("whose model id has slashes keeps them", async () => {
    expect(await modelOf("openrouter/a/b", { OPENROUTER_API_KEY: "k" })).toMatchObject({ provider: "openrouter.chat", modelId: "a/b" });
  });
  test("of a provider without its package is served by the built-in provider", async () => {
    expect(await modelOf("groq/x", { GROQ_API_KEY: "k" })).toMatchObject({ provider: "groq.chat", specificationVersion: "v4" });
  });
  test("of a provider whose package is installed is served by it", async () => {
    expect((await modelOf("openai/x", { OPENAI_API_KEY: "k" })).provider).toBe("openai.responses");
  });
  test("of OpenAI with another address is served by the built-in provider", async () => {
    expect((await modelOf("openai/x", { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "http://127.0.0.1:9/v1" })).provider).toBe("openai.chat");
  });
  test("of a local server needs no key", async () => {
    expect(await modelOf("ollama/x")).toMatchObject({ provider: "ollama.chat", modelId: "x" });
  });
  test("of an unknown provider works when its address is in the environment", async () => {
    expect(await modelOf("my-own/x", { MY_OWN_BASE_URL: "http://127.0.0.1:9/v1" })).toMatchObject({ provider: "my-own.chat" });
  });
  test.each([
    ["groq/x", "set the environment variable GROQ_API_KEY"],
    ["google/x", "set the environment variable GOOGLE_GENERATIVE_AI_API_KEY or GEMINI_API_KEY or GOOGLE_API_KEY"],
    ["nobody/x", "set NOBODY_BASE_URL and NOBODY_API_KEY"],
    ["amazon-bedrock/x", "npm install @ai-sdk/amazon-bedrock"],
    ["gpt-5", "Write 'provider/model'"],
    ["/x", "Write 'provider/model'"],
    ["", "Write 'provider/model'"],
  ])("that cannot be resolved (%j) is MISCONFIGURED and says what to do", async (name, advice) => {
    await expect(modelOf(name)).rejects.toMatchObject({ code: "MISCONFIGURED", message: expect.stringContaining(advice) });
  });
});

describe("an endpoint", () => {
  test("is asked at its address with its own key and headers", async () => {
    await using server = await startWireServer();
    server.script({ stream: textChunks("ok") });
    const config = { id: "openai/x", url: `${server.baseUrl}/`, apiKey: "mine", headers: { "x-a": "1" } };
    const candidates = await resolveModels(config, { env: { OPENAI_API_KEY: "not-for-others" } });
    expect(joined(await readAll(await callModel(candidates, { mode: "stream", options: ASK })))).toBe("ok");
    expect(server.requests[0]).toMatchObject({
      path: "/v1/chat/completions",
      headers: { authorization: "Bearer mine", "x-a": "1" },
      body: { model: "x" },
    });
  });
  test("without a key of its own is not sent the provider's", async () => {
    await using server = await startWireServer();
    server.script({ stream: textChunks("ok") });
    const candidates = await resolveModels({ id: "openai/x", url: server.baseUrl }, { env: { OPENAI_API_KEY: "not-for-others" } });
    await readAll(await callModel(candidates, { mode: "stream", options: ASK }));
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });
  test("with an address may have a plain model id", async () => {
    expect(await modelOf({ id: "x", url: "http://127.0.0.1:9/v1" })).toMatchObject({ provider: "custom.chat", modelId: "x" });
  });
  test("without an address is the provider's, with the given key", async () => {
    expect(await modelOf({ id: "groq/x", apiKey: "k" })).toMatchObject({ provider: "groq.chat" });
  });
});

describe("a package in the app's own node_modules", () => {
  async function appWith(source: string): Promise<void> {
    const app = await mkdtemp(join(tmpdir(), "fermata-app-"));
    onTestFinished(() => rm(app, { recursive: true }));
    const home = join(app, "node_modules/@ai-sdk/groq");
    await mkdir(home, { recursive: true });
    await writeFile(join(home, "package.json"), JSON.stringify({ type: "module", exports: { ".": { import: "./main.js" } } }));
    await writeFile(join(home, "main.js"), source);
    vi.spyOn(process, "cwd").mockReturnValue(join(app, "sub"));
    onTestFinished(() => void vi.restoreAllMocks());
  }
  test("is found, and gets the key and the redirected address", async () => {
    await appWith(
      "export const createGroq = (settings) => (modelId) => ({ specificationVersion: 'v3', provider: JSON.stringify(settings), modelId });",
    );
    expect(await modelOf("groq/x", { GROQ_API_KEY: "k", GROQ_BASE_URL: "http://a" })).toEqual({
      specificationVersion: "v3",
      provider: '{"apiKey":"k","baseURL":"http://a"}',
      modelId: "x",
    });
  });
  test("that gives models of an older kind is MISCONFIGURED", async () => {
    await appWith("export const createGroq = () => () => ({ specificationVersion: 'v1' });");
    await expect(modelOf("groq/x", { GROQ_API_KEY: "k" })).rejects.toMatchObject({ code: "MISCONFIGURED" });
  });
  test("that cannot be loaded is MISCONFIGURED, not passed over", async () => {
    await appWith("throw new Error('broken');");
    await expect(modelOf("groq/x", { GROQ_API_KEY: "k" })).rejects.toMatchObject({
      code: "MISCONFIGURED",
      message: expect.stringContaining("@ai-sdk/groq"),
    });
  });
});
