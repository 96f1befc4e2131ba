/** I-6: a call with an Idempotency-Key happens once; a repeat gets the first reply. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import type { Principal } from "../../src/context/principal.ts";
import { Mastra, type MastraConfig } from "../../src/mastra.ts";
import { createRoutes } from "../../src/server/server.ts";
import { SqliteStore } from "../../src/storage/sqlite/sqlite-store.ts";
import { createTool } from "../../src/tools/tool.ts";
import { partModel, type Part } from "../support/part-model.ts";
import { textParts } from "../support/scripted-model.ts";
import { startHono, type TestServer } from "../support/test-server.ts";
import { turnModel } from "../support/turn-model.ts";

const BODY = { messages: "hi" };

function post(path: string, key: string, body: object = BODY, more: RequestInit = {}): Promise<Response> {
  return fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": key },
    body: JSON.stringify(body),
    ...more,
  });
}

/** An app whose model answers each call when it is told to. */
function app(config: Partial<MastraConfig> = {}) {
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  const seen = { calls: 0 };
  const model = partModel(async ({ abortSignal }) => {
    seen.calls += 1;
    asked.resolve();
    abortSignal?.addEventListener("abort", () => aborted.resolve());
    await gate.promise;
    return textParts("answer ", `${seen.calls}`);
  });
  const agent = new Agent({ id: "a", name: "A", instructions: "", model });
  const mastra = new Mastra({ logger: false, agents: { a: agent }, ...config });
  return { mastra, seen, asked: asked.promise, aborted: aborted.promise, open: () => gate.resolve() };
}

const FORMS = ["generate", "stream"] as const;

describe.each(FORMS)("%s", (form) => {
  const url = (server: TestServer): string => `${server.api}/agents/a/${form}`;

  test("a repeat while the first is under way gets the same reply, and the model is asked once", async () => {
    const { mastra, seen, asked, open } = app();
    await using server = await startHono(mastra);
    const first = post(url(server), "k");
    await asked;
    const others = Array.from({ length: 5 }, () => post(url(server), "k"));
    open();
    const bodies = await Promise.all([first, ...others].map(async (reply) => (await reply).text()));
    expect(new Set(bodies).size).toBe(1);
    expect(bodies[0]).toContain("answer ");
    expect(seen.calls).toBe(1);
  });

  test("a repeat afterwards gets the first reply again, and says so", async () => {
    const { mastra, seen, open } = app();
    open();
    await using server = await startHono(mastra);
    const first = await post(url(server), "k");
    const text = await first.text();
    const again = await post(url(server), '"k"');
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.headers.get("content-type")).toBe(first.headers.get("content-type"));
    expect(await again.text()).toBe(text);
    expect(seen.calls).toBe(1);
  });

  test("a caller who leaves and comes back with the key finds the run going on", async () => {
    const { mastra, seen, asked, open } = app();
    await using server = await startHono(mastra);
    const leaving = new AbortController();
    const first = post(url(server), "k", BODY, { signal: leaving.signal }).then((reply) => reply.text());
    first.catch(() => undefined);
    await asked;
    leaving.abort();
    await expect(first).rejects.toThrow("aborted");
    const second = post(url(server), "k");
    open();
    expect(await (await second).text()).toContain("answer ");
    expect(seen.calls).toBe(1);
  });
});

test("a stream is shown while it happens to those who join it, from its first byte on", async () => {
  let controller: ReadableStreamDefaultController<Part> | undefined;
  const parts = textParts("one ", "two");
  const model = partModel(() => new ReadableStream<Part>({ start: (given) => void (controller = given) }));
  const agent = new Agent({ id: "a", name: "A", instructions: "", model });
  await using server = await startHono(new Mastra({ logger: false, agents: { a: agent } }));
  const first = await post(`${server.api}/agents/a/stream`, "k");
  for (const part of parts.slice(0, 3)) controller?.enqueue(part);
  const reader = (await post(`${server.api}/agents/a/stream`, "k")).body?.pipeThrough(new TextDecoderStream()).getReader();
  let joined = "";
  while (!joined.includes("one ")) joined += (await reader?.read())?.value ?? "";
  for (const part of parts.slice(3)) controller?.enqueue(part);
  controller?.close();
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) joined += next.value;
  expect(joined).toBe(await first.text());
  expect(joined).toContain("two");
});

test("the key of another request is refused with 422", async () => {
  const { mastra, seen, open } = app();
  open();
  await using server = await startHono(mastra);
  await (await post(`${server.api}/agents/a/generate`, "k")).text();
  const other = await post(`${server.api}/agents/a/generate`, "k", { messages: "something else" });
  expect(other.status).toBe(422);
  expect(await other.json()).toMatchObject({ code: "UNPROCESSABLE" });
  expect((await post(`${server.api}/agents/a/stream`, "k")).status).toBe(422);
  expect(seen.calls).toBe(1);
});

test.each(["", " ", "x".repeat(256), "a b"])("the key %j is refused with 400", async (key) => {
  const { mastra, seen } = app();
  await using server = await startHono(mastra);
  expect((await post(`${server.api}/agents/a/generate`, key)).status).toBe(400);
  expect(seen.calls).toBe(0);
});

test("a key belongs to whoever sent it", async () => {
  const { mastra, seen, open } = app();
  open();
  const principalOf = (request: Request): Principal => ({ tenant: "t", subject: request.headers.get("x-user") ?? "", scopes: [] });
  const route = createRoutes({ mastra, principalOf }).find(({ id }) => id === "agents.generate");
  const ask = async (user: string): Promise<string> => {
    const headers = { "content-type": "application/json", "idempotency-key": "k", "x-user": user };
    if (!route) throw new Error("no such route");
    const request = new Request("http://test/api/agents/a/generate", { method: "POST", headers, body: JSON.stringify(BODY) });
    return ((await (await route.handle({ request, params: { agentId: "a" }, query: {} })).json()) as { text: string }).text;
  };
  expect([await ask("anna"), await ask("bert"), await ask("anna")]).toEqual(["answer 1", "answer 2", "answer 1"]);
  expect(seen.calls).toBe(2);
});

test("a failure of the server is tried again, one that a repeat cannot help is told again", async () => {
  let calls = 0;
  const fails = createTool({
    id: "fails",
    description: "Fails",
    execute: () => {
      calls += 1;
      throw new Error("no");
    },
  });
  const down = turnModel(() => {
    throw Object.assign(new Error("down"), { name: "AI_APICallError", statusCode: 503, isRetryable: false });
  }, "up again");
  const agent = new Agent({ id: "a", name: "A", instructions: "", model: down, maxRetries: 0 });
  await using server = await startHono(new Mastra({ logger: false, agents: { a: agent }, tools: { fails } }));
  const broken = await post(`${server.api}/agents/a/generate`, "k");
  expect(broken.status).toBe(502);
  expect(await (await post(`${server.api}/agents/a/generate`, "k")).json()).toMatchObject({ text: "up again" });
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await post(`${server.api}/tools/fails/execute`, "t", { data: {} })).status);
  expect(statuses).toEqual([422, 422, 422]);
  expect(calls).toBe(1);
});

test("a reply that is too long to keep is given once; a repeat is told so with 409", async () => {
  const model = turnModel(textParts("x".repeat(600_000), "y".repeat(600_000)));
  const agent = new Agent({ id: "a", name: "A", instructions: "", model });
  await using server = await startHono(new Mastra({ logger: false, agents: { a: agent } }));
  const first = await (await post(`${server.api}/agents/a/stream`, "k")).text();
  expect(first.endsWith("data: [DONE]\n\n")).toBe(true);
  await expect.poll(async () => (await post(`${server.api}/agents/a/stream`, "k")).status).toBe(409);
  expect(model.calls).toHaveLength(1);
});

test("without a key every call is a call of its own, and who leaves stops the model", async () => {
  const { mastra, seen, asked, aborted, open } = app();
  await using server = await startHono(mastra);
  const leaving = new AbortController();
  const call = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(BODY) };
  const gone = fetch(`${server.api}/agents/a/generate`, { ...call, signal: leaving.signal });
  gone.catch(() => undefined);
  await asked;
  leaving.abort();
  await aborted;
  open();
  await (await fetch(`${server.api}/agents/a/generate`, call)).text();
  expect(seen.calls).toBe(2);
});

test("50 repeats over two servers on one database ask the model once and get one reply", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fermata-once-"));
  const open = (): SqliteStore => new SqliteStore({ url: `file:${join(folder, "data.db")}` });
  const stores = [open(), open()];
  try {
    const apps = stores.map((storage) => app({ storage }));
    await using one = await startHono(apps[0]!.mastra);
    await using two = await startHono(apps[1]!.mastra);
    const replies = Array.from({ length: 50 }, (_, index) => post(`${(index % 2 ? one : two).api}/agents/a/generate`, "k"));
    await Promise.race(apps.map(({ asked }) => asked));
    for (const { open: start } of apps) start();
    const bodies = await Promise.all(replies.map(async (reply) => (await reply).text()));
    expect(new Set(bodies).size).toBe(1);
    expect(apps.reduce((sum, { seen }) => sum + seen.calls, 0)).toBe(1);
  } finally {
    for (const store of stores) await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
