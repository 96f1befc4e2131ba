import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import { createRoutes } from "../../src/server/server.ts";
import { createTool } from "../../src/tools/tool.ts";
import { partModel, textModel, toolModel, type Part } from "../support/part-model.ts";
import { dechunk, exchange, requestText } from "../support/raw-http.ts";
import { textParts } from "../support/scripted-model.ts";
import { startHono, type HonoOptions, type TestServer } from "../support/test-server.ts";

type Model = ReturnType<typeof textModel>;
type Tools = ConstructorParameters<typeof Agent>[0]["tools"];

function start(model: Model, options: HonoOptions = {}, tools?: Tools): Promise<TestServer> {
  const agent = new Agent({ id: "a", name: "A", instructions: "Be brief.", model, ...(tools && { tools }) });
  return startHono(new Mastra({ logger: false, agents: { a: agent } }), options);
}

const BODY = JSON.stringify({ messages: "hi" });
const POST: RequestInit = { method: "POST", headers: { "content-type": "application/json" }, body: BODY };

/** The JSON of each `data:` frame; fails when something stands between them. */
function frames(text: string): { type: string; payload?: Record<string, unknown> }[] {
  expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  return text
    .split("\n\n")
    .slice(0, -2)
    .map((block) => {
      expect(block).toMatch(/^data: \{[^\r\n]*\}$/);
      return JSON.parse(block.slice("data: ".length)) as { type: string; payload?: Record<string, unknown> };
    });
}

/** Says a first word and then nothing, until its signal aborts. */
function silentModel(onAbort: () => void = () => undefined): Model {
  return partModel(({ abortSignal }) => {
    abortSignal?.addEventListener("abort", onAbort);
    return new ReadableStream<Part>({
      start(controller) {
        for (const part of textParts("one").slice(0, 3)) controller.enqueue(part);
      },
    });
  });
}

describe("frames and headers", () => {
  test("an event stream is data frames of one line, then [DONE], under the headers of the contract", async () => {
    await using server = await start(textModel("a\nb\r\n\u2028c"));
    const response = await fetch(`${server.api}/agents/a/stream`, POST);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-cache",
      connection: "keep-alive",
      "x-accel-buffering": "no",
      "transfer-encoding": "chunked",
    });
    const chunks = frames(await response.text());
    expect(chunks.map(({ type }) => type)).toEqual([
      "start",
      "step-start",
      "text-start",
      "text-delta",
      "text-end",
      "step-finish",
      "finish",
    ]);
    expect(chunks[3]?.payload?.text).toBe("a\nb\r\n\u2028c");
  });

  test("stream/vnext ends every record with U+001E and nothing else", async () => {
    await using server = await start(textModel("hello"));
    const response = await fetch(`${server.api}/agents/a/stream/vnext`, POST);
    expect(response.headers.get("content-type")).toBe("text/plain");
    expect(response.headers.get("transfer-encoding")).toBe("chunked");
    const text = await response.text();
    const records = text.split("\u001e");
    expect(records.at(-1)).toBe("");
    const types = records.slice(0, -1).map((record) => (JSON.parse(record) as { type: string }).type);
    expect(types).toEqual(["start", "step-start", "text-start", "text-delta", "text-end", "step-finish", "finish"]);
    expect(text).not.toContain("[DONE]");
  });

  test("a failure before the stream begins is JSON with its status", async () => {
    await using server = await start(textModel("x"));
    const response = await fetch(`${server.api}/agents/nobody/stream`, POST);
    expect([response.status, response.headers.get("content-type")]).toEqual([404, "application/json"]);
    expect(await response.json()).toMatchObject({ error: "Agent with id nobody not found" });
  });

  test("frames that are ready together arrive in few writes", async () => {
    const deltas = Array.from({ length: 200 }, (_, index) => `word ${index} `);
    await using server = await start(partModel(() => textParts(...deltas)));
    const socket = connect(server.port, "127.0.0.1");
    socket.write(requestText("POST", "/api/agents/a/stream", {}, BODY));
    let all = Buffer.alloc(0);
    for await (const piece of socket) {
      all = Buffer.concat([all, piece as Buffer]); // no encoding is set, so they are bytes
      if (all.toString("latin1").endsWith("\r\n0\r\n\r\n")) break;
    }
    const body = all.subarray(all.indexOf("\r\n\r\n") + 4);
    expect(frames(dechunk(body)).filter(({ type }) => type === "text-delta")).toHaveLength(200);
    // Each write is one chunk of the transfer encoding.
    expect(body.toString("latin1").match(/(?:^|\r\n)[0-9a-f]+\r\n/g)?.length).toBeLessThanOrEqual(8);
  });
});

describe("a silent stream", () => {
  test("shows its headers and its first frames at once, and comments while nothing happens", async () => {
    const control = new AbortController();
    await using server = await start(silentModel(), { streamOptions: { heartbeatMs: 20 } });
    const response = await fetch(`${server.api}/agents/a/stream`, { ...POST, signal: control.signal });
    let text = "";
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (text.split(": ping\n\n").length > 3) break;
    }
    control.abort();
    expect(text).toMatch(/"text":"one"\}\}\n\n(?:: ping\n\n){3}/);
  });

  test("shows its headers before the model has said anything", async () => {
    const control = new AbortController();
    await using server = await start(partModel(() => new Promise<readonly Part[]>(() => undefined)));
    const response = await fetch(`${server.api}/agents/a/stream`, { ...POST, signal: control.signal });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    control.abort();
  });
});

describe("a producer that fails in the middle", () => {
  const broken = (): Model =>
    partModel(
      () =>
        new ReadableStream<Part>({
          start(controller) {
            for (const part of textParts("half").slice(0, 3)) controller.enqueue(part);
          },
          pull(controller) {
            controller.error(new Error("the provider's own words"));
          },
        }),
    );

  test("ends an event stream with an error, a step's end, an end and [DONE]", async () => {
    await using server = await start(broken());
    const text = await (await fetch(`${server.api}/agents/a/stream`, POST)).text();
    const chunks = frames(text);
    expect(chunks.map(({ type }) => type)).toEqual(["start", "step-start", "text-start", "text-delta", "error", "step-finish", "finish"]);
    expect(chunks.at(-1)?.payload?.stepResult).toMatchObject({ reason: "error", isContinued: false });
    expect(text).not.toContain("own words");
  });

  test("ends records with the same chunks", async () => {
    await using server = await start(broken());
    const text = await (await fetch(`${server.api}/agents/a/stream/vnext`, POST)).text();
    const types = text
      .split("\u001e")
      .slice(0, -1)
      .map((record) => (JSON.parse(record) as { type: string }).type);
    expect(types.slice(-3)).toEqual(["error", "step-finish", "finish"]);
  });
});

describe("a client that leaves", () => {
  for (const route of ["stream", "stream/vnext", "generate"]) {
    test(`aborts the model's signal: ${route}`, async () => {
      const called = Promise.withResolvers<void>();
      const aborted = Promise.withResolvers<void>();
      const model = partModel(({ abortSignal }) => {
        abortSignal?.addEventListener("abort", () => aborted.resolve());
        called.resolve();
        return new Promise<readonly Part[]>(() => undefined);
      });
      await using server = await start(model);
      const client = new AbortController();
      const sent = fetch(`${server.api}/agents/a/${route}`, { ...POST, signal: client.signal }).then((response) => response.text());
      await called.promise;
      client.abort();
      await expect(sent).rejects.toThrow("aborted");
      await aborted.promise;
    });

    test(`aborts the tools' signals: ${route}`, async () => {
      const called = Promise.withResolvers<void>();
      const aborted = Promise.withResolvers<void>();
      const wait = createTool({
        id: "wait",
        description: "Waits",
        execute: (_input, { abortSignal }) => {
          abortSignal.addEventListener("abort", () => aborted.resolve());
          called.resolve();
          return new Promise<undefined>(() => undefined);
        },
      });
      await using server = await start(toolModel("wait"), {}, { wait });
      const client = new AbortController();
      const sent = fetch(`${server.api}/agents/a/${route}`, { ...POST, signal: client.signal }).then((response) => response.text());
      await called.promise;
      client.abort();
      await expect(sent).rejects.toThrow("aborted");
      await aborted.promise;
    });
  }

  test("aborts the signal of a tool that is called directly", async () => {
    const called = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    const wait = createTool({
      id: "wait",
      description: "Waits",
      execute: (_input, { abortSignal }) => {
        abortSignal.addEventListener("abort", () => aborted.resolve());
        called.resolve();
        return new Promise<undefined>(() => undefined);
      },
    });
    await using server = await start(textModel("x"), {}, { wait });
    const client = new AbortController();
    const sent = fetch(`${server.api}/tools/wait/execute`, { ...POST, body: '{"data":{}}', signal: client.signal });
    await called.promise;
    client.abort();
    await expect(sent).rejects.toThrow("aborted");
    await aborted.promise;
  });

  test("aborts the model's signal when the reply's body is cancelled, also where there is no connection to lose", async () => {
    const aborted = Promise.withResolvers<void>();
    const agent = new Agent({ id: "a", name: "A", instructions: "Be brief.", model: silentModel(() => aborted.resolve()) });
    const route = createRoutes({ mastra: new Mastra({ logger: false, agents: { a: agent } }) }).find(({ id }) => id === "agents.stream");
    const response = await route?.handle({ request: new Request("http://localhost/", POST), params: { agentId: "a" }, query: {} });
    const reader = response?.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await expect(aborted.promise).resolves.toBeUndefined();
  });

  test("cancels the model's own stream while a reader that does not read holds it up", async () => {
    const cancelled = Promise.withResolvers<void>();
    let pulled = 0;
    await using server = await start(
      partModel(() =>
        endless(
          () => pulled++,
          () => cancelled.resolve(),
        ),
      ),
    );
    const socket = connect(server.port, "127.0.0.1");
    socket.pause();
    socket.write(requestText("POST", "/api/agents/a/stream", {}, BODY));
    await settled(() => pulled);
    socket.destroy();
    await expect(cancelled.promise).resolves.toBeUndefined();
  });
});

/** Parts of 16 KiB for as long as somebody pulls. */
function endless(onPull: () => void, onCancel: () => void = () => undefined): ReadableStream<Part> {
  const delta = "x".repeat(16 * 1024);
  return new ReadableStream<Part>({
    start(controller) {
      for (const part of textParts().slice(0, 2)) controller.enqueue(part);
    },
    pull(controller) {
      onPull();
      controller.enqueue({ type: "text-delta", id: "1", delta });
    },
    cancel: onCancel,
  });
}

/** Resolves when the count has begun and then stood still for many turns of the event loop. */
async function settled(count: () => number): Promise<number> {
  for (let last = -1, still = 0; still < 50;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    still = count() === last && last > 0 ? still + 1 : 0;
    last = count();
  }
  return count();
}

test("a reader that does not read bounds what is asked of an endless model", async () => {
  let pulled = 0;
  await using server = await start(partModel(() => endless(() => pulled++)));
  const socket = connect(server.port, "127.0.0.1");
  socket.pause();
  socket.write(requestText("POST", "/api/agents/a/stream", {}, BODY));
  const stopped = await settled(() => pulled);
  socket.destroy();
  // What the system's own socket buffers take is some megabytes: 1,000 parts are 16 MiB.
  expect(stopped).toBeLessThan(1_000);
});

test("a stream answers other methods with 404", async () => {
  await using server = await start(textModel("x"));
  expect((await exchange(server.port, [requestText("GET", "/api/agents/a/stream")])).status).toBe(404);
});
