import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { resolveModels } from "./resolve.ts";

/** An address that lists these models, or never answers. */
async function localServer(ids: readonly string[] | "silent"): Promise<string> {
  const server = createServer((request, response) => {
    if (ids === "silent") return;
    const isList = request.url === "/v1/models";
    response.writeHead(isList ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify({ data: ids.map((id) => ({ id })) }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`; // it listens on TCP
}

/** The local servers' usual ports may be in use on the machine that runs the tests. */
const NOWHERE = {
  OLLAMA_BASE_URL: "http://127.0.0.1:9/v1", LMSTUDIO_BASE_URL: "http://127.0.0.1:9/v1",
  LLAMACPP_BASE_URL: "http://127.0.0.1:9/v1", VLLM_BASE_URL: "http://127.0.0.1:9/v1",
}; // prettier-ignore

async function auto(env: NodeJS.ProcessEnv, name = "auto"): Promise<{ name: string; lines: string[] }> {
  const lines: string[] = [];
  const [only] = await resolveModels(name, { env: { ...NOWHERE, ...env }, log: (line) => lines.push(line) });
  return { name: `${only?.model.provider}/${only?.model.modelId}`, lines };
}

test("a key in the environment chooses its provider's first model, in the order of the table", async () => {
  expect(await auto({ MISTRAL_API_KEY: "k", GROQ_API_KEY: "k" })).toEqual({
    name: "groq.chat/openai/gpt-oss-120b",
    lines: ["Model: groq/openai/gpt-oss-120b, because GROQ_API_KEY is set."],
  });
});
test("without a key, a local server that lists a model is chosen, and models for embeddings are passed over", async () => {
  const url = await localServer(["text-embed", "qwen"]);
  expect(await auto({ LMSTUDIO_BASE_URL: url })).toEqual({
    name: "lmstudio.chat/qwen",
    lines: [`Model: lmstudio/qwen, because LM Studio answers at ${url}.`],
  });
});
test("FERMATA_LOCAL_MODEL_URL is asked instead of the usual addresses", async () => {
  const [usual, mine] = [await localServer(["usual"]), await localServer(["mine"])];
  expect((await auto({ OLLAMA_BASE_URL: usual, FERMATA_LOCAL_MODEL_URL: mine })).name).toBe("local.chat/mine");
});
test("a local server that does not answer in time is passed over", async () => {
  const env = { OLLAMA_BASE_URL: await localServer("silent"), VLLM_BASE_URL: await localServer(["v"]) };
  expect((await auto(env)).name).toBe("vllm.chat/v");
});
test("with neither, the offline model is chosen and the line says so", async () => {
  const { name, lines } = await auto({});
  expect(name).toBe("fermata.offline/offline");
  expect(lines).toEqual([expect.stringContaining("offline")]);
});
test.each([
  ["offline", "fermata.offline/offline"],
  ["groq/x", "groq.chat/x"],
])("FERMATA_MODEL=%s decides before everything else", async (forced, name) => {
  const chosen = await auto({ FERMATA_MODEL: forced, GROQ_API_KEY: "k" });
  expect(chosen).toEqual({ name, lines: [expect.stringContaining("because FERMATA_MODEL says so")] });
});
test("FERMATA_MODEL=auto is MISCONFIGURED", async () => {
  await expect(auto({ FERMATA_MODEL: "auto" })).rejects.toMatchObject({ code: "MISCONFIGURED" });
});
test("'offline' is the offline model, without a word", async () => {
  expect(await auto({ GROQ_API_KEY: "k" }, "offline")).toEqual({ name: "fermata.offline/offline", lines: [] });
});
