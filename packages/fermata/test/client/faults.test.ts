/** What networks, proxies and busy servers do: exactly one run happens, and the client ends with the whole answer or a typed error. */
import { afterEach, expect, test } from "vitest";
import { createClient, type Client, type ClientOptions } from "../../src/client/index.ts";
import { startHono, type TestServer } from "../support/test-server.ts";
import { startProxy, type Fault, type FaultyProxy, type SeenRequest } from "../support/faulty-proxy.ts";
import { createApp, Journal, type App } from "./app.ts";

interface Setup {
  readonly journal: Journal;
  readonly proxy: FaultyProxy;
  readonly client: Client<App>;
}

const PASS: Fault = { kind: "pass" };
const QUICK: Omit<ClientOptions, "baseUrl"> = { backoffMs: 1, maxBackoffMs: 2, reconnectDelayMs: 1, idleTimeoutMs: 200 };

const stops: AsyncDisposable[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop[Symbol.asyncDispose]();
});

/** A client, a proxy with a plan, and a server behind it. */
async function setUp(plan: (request: SeenRequest, index: number) => Fault, options: Partial<ClientOptions> = {}): Promise<Setup> {
  const journal = new Journal();
  const server: TestServer = await startHono(createApp(journal), { streamOptions: { heartbeatMs: 50 } });
  const proxy = await startProxy(server.port, plan);
  stops.push(server, proxy);
  return { journal, proxy, client: createClient<App>({ baseUrl: proxy.origin, ...QUICK, ...options }) };
}

/** The first request meets this, all others pass. */
const first =
  (fault: Fault) =>
  (_: SeenRequest, index: number): Fault =>
    index === 0 ? fault : PASS;

async function textOf(stream: AsyncIterable<{ type: string; payload?: unknown }>, onDelta?: () => void): Promise<string> {
  let text = "";
  for await (const { type, payload } of stream) {
    if (type !== "text-delta") continue;
    text += (payload as { text: string }).text; // the type says so
    onDelta?.();
  }
  return text;
}

const keysOf = ({ seen }: FaultyProxy): unknown[] => seen.map(({ headers }) => headers["idempotency-key"]);

const LOST: readonly (readonly [string, Fault])[] = [
  ["429 with Retry-After", { kind: "refuse", status: 429, headers: { "retry-after": "0" } }],
  ["503", { kind: "refuse", status: 503 }],
  ["500 in place of the server's reply", { kind: "lose", status: 500 }],
  ["504 in place of the server's reply", { kind: "lose", status: 504 }],
  ["connection that breaks before the reply", { kind: "lose" }],
];

test.each(LOST)("generate survives a %s: one run, the whole answer", async (_, fault) => {
  const { client, journal, proxy } = await setUp(first(fault));
  expect((await client.agent("plain").generate("a whole answer")).text).toBe("a whole answer");
  expect(journal.calls).toHaveLength(1);
  expect(new Set(keysOf(proxy)).size).toBe(1);
  expect(proxy.seen).toHaveLength(2);
});

test.each(LOST)("a stream survives a %s before it begins: one run, the whole answer", async (_, fault) => {
  const { client, journal } = await setUp(first(fault));
  expect(await textOf(await client.agent("plain").stream("a whole answer"))).toBe("a whole answer");
  expect(journal.calls).toHaveLength(1);
});

test.each(LOST)("a workflow survives a %s: its step is done once", async (_, fault) => {
  const { client, journal } = await setUp((request, index) => (request.path.includes("resume-async") && index === 2 ? fault : PASS));
  const run = await client.workflow("article").createRun();
  await run.startAsync({ inputData: { text: "post" } });
  expect(await run.resumeAsync({ step: "review", resumeData: { ok: true } })).toMatchObject({ status: "success" });
  expect(journal.published).toEqual(["post"]);
});

test("a stream that is cut in the middle goes on where it broke: one run, every event once", async () => {
  const { client, journal } = await setUp(first({ kind: "cut", after: "text-delta" }));
  journal.gate.close();
  let deltas = 0;
  const text = await textOf(await client.agent("plain").stream("held one two three"), () => {
    if (++deltas === 1) journal.gate.open();
  });
  expect(text).toBe("one two three");
  expect(journal.calls).toHaveLength(1);
});

test("a stream that is cut asks for what comes after the last event, by its number", async () => {
  const { client, journal, proxy } = await setUp((_, index) => {
    if (index > 0) journal.gate.open();
    return index === 0 ? { kind: "cut", after: "text-delta" } : PASS;
  });
  journal.gate.close();
  const stream = await client.agent("plain").stream("held one two three");
  expect(await textOf(stream)).toBe("one two three");
  expect(proxy.seen.map(({ method, path, headers }) => [method, path.replace(/[\w-]{36}/, "…"), headers["last-event-id"]])).toEqual([
    ["POST", "/api/agents/plain/stream", undefined],
    ["GET", "/api/runs/…/stream", expect.stringMatching(/^\d+$/)],
  ]);
});

test("a long stream that is cut again and again comes whole, each event once", async () => {
  let cuts = 0;
  const words = Array.from({ length: 40 }, (_, index) => `${index}-${"x".repeat(30_000)}`);
  const plan = (): Fault => (cuts++ < 8 ? { kind: "cut", after: `"${words[cuts * 4]}` } : PASS);
  const { client, journal } = await setUp(plan, { idleTimeoutMs: 5_000 });
  const text = words.join(" ");
  expect((await textOf(await client.agent("plain").stream(text))) === text).toBe(true);
  expect([journal.calls.length, cuts]).toEqual([1, 9]);
});

test("a half-open socket is noticed by its silence, and the stream goes on elsewhere", async () => {
  const { client, journal } = await setUp(first({ kind: "hang", after: "text-delta" }));
  journal.gate.close();
  const reading = textOf(await client.agent("plain").stream("held one two three"), () => journal.gate.open());
  expect(await reading).toBe("one two three");
  expect(journal.calls).toHaveLength(1);
});

test("a proxy that holds the whole reply back delays the answer and changes nothing else", async () => {
  const { client, journal } = await setUp(() => ({ kind: "buffer" }));
  expect(await textOf(await client.agent("plain").stream("a whole answer"))).toBe("a whole answer");
  expect(journal.calls).toHaveLength(1);
});

test("a proxy that closes idle connections does not close a stream: the server's comments keep it busy", async () => {
  const { client, journal, proxy } = await setUp(() => ({ kind: "idle", ms: 300 }));
  journal.gate.close();
  const reading = textOf(await client.agent("plain").stream("held one two three"));
  // Longer than the proxy waits.
  await expect.poll(() => proxy.passed).toBeGreaterThan(12);
  journal.gate.open();
  expect(await reading).toBe("one two three");
  expect(proxy.seen).toHaveLength(1);
});

test("a workflow's stream that is closed for idleness goes on where it broke: its step is done once", async () => {
  const { client, journal } = await setUp(({ path }) => {
    if (path.includes("/observe")) journal.gate.open();
    return { kind: "idle", ms: 100 };
  });
  journal.gate.close();
  const run = await client.workflow("doubling").createRun();
  const types = (await Array.fromAsync(await run.stream({ inputData: { n: 1 } }))).map(({ type }) => type);
  expect(types).toEqual(["workflow-start", "workflow-step-start", "workflow-step-result", "workflow-finish"]);
  expect(journal.gate.arrivals).toBe(1);
});

test("a resumed workflow's stream that is cut goes on where it broke: its step is done once", async () => {
  const { client, journal } = await setUp(({ path }, index) =>
    path.includes("resume-stream") && index === 2 ? { kind: "cut", after: "workflow-start" } : PASS,
  );
  const run = await client.workflow("article").createRun();
  await run.startAsync({ inputData: { text: "post" } });
  const events = await Array.fromAsync(await run.resumeStream({ step: "review", resumeData: { ok: true } }));
  expect(events.map(({ type }) => type)).toEqual([
    "workflow-start",
    "workflow-step-start",
    "workflow-step-result",
    "workflow-step-start",
    "workflow-step-result",
    "workflow-finish",
  ]);
  expect(journal.published).toEqual(["post"]);
});

test("a stream of the Responses API that is cut goes on where it broke", async () => {
  const { client, journal } = await setUp(first({ kind: "cut", after: "output_text.delta" }));
  const stream = await client.responses.create({ body: { agent_id: "plain", input: "one two three", stream: true } });
  const numbers = (await Array.fromAsync(stream)).map((event) => (event as { sequence_number: number }).sequence_number);
  expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index));
  expect(journal.calls).toHaveLength(1);
});

test("a stream that can never be taken up again ends with a typed error", async () => {
  const { client, journal } = await setUp((_, index) =>
    index === 0 ? { kind: "cut", after: "text-delta" } : { kind: "refuse", status: 502 },
  );
  journal.gate.close();
  const reading = textOf(await client.agent("plain").stream("held one two three"));
  await expect(reading).rejects.toMatchObject({ name: "FermataClientError", code: "STREAM_LOST" });
});

test("a server that is not there is a typed error after all repeats", async () => {
  const { client, proxy } = await setUp(() => ({ kind: "lose" }), { retries: 2 });
  await expect(client.agents.list()).rejects.toMatchObject({ code: "NETWORK", status: 0 });
  expect(proxy.seen).toHaveLength(3);
});

test("a server that does not answer is a typed error", async () => {
  const { client, journal } = await setUp(() => PASS, { timeoutMs: 100, retries: 0 });
  journal.gate.close();
  await expect(client.agent("plain").generate("held one two")).rejects.toMatchObject({ code: "TIMEOUT", status: 0 });
  journal.gate.open();
});

test("what the caller did wrong is asked once", async () => {
  const { client, proxy } = await setUp(() => PASS);
  await expect(client.agents.generate({ params: { agentId: "nobody" }, body: { messages: "x" } })).rejects.toMatchObject({ status: 404 });
  expect(proxy.seen).toHaveLength(1);
});

test("a Retry-After that is too long is not waited for, and told", async () => {
  const { client, proxy } = await setUp(() => ({ kind: "refuse", status: 429, headers: { "retry-after": "3600" } }));
  await expect(client.agents.list()).rejects.toMatchObject({ status: 429, retryAfterMs: 3_600_000 });
  expect(proxy.seen).toHaveLength(1);
});

test("two calls have two keys", async () => {
  const { client, proxy } = await setUp(() => PASS);
  await client.agent("plain").generate("same");
  await client.agent("plain").generate("same");
  expect(new Set(keysOf(proxy)).size).toBe(2);
});
