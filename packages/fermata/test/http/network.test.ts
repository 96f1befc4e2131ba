/** What the server takes from the network, and that those who behave are served meanwhile. */
import { once } from "node:events";
import { get as httpsGet } from "node:https";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra, type ServerConfig } from "../../src/mastra.ts";
import type { LimitsConfig } from "../../src/mastra/edge-config.ts";
import { serve } from "../../src/serve.ts";
import { partModel, textModel, type Part } from "../support/part-model.ts";
import { textParts } from "../support/scripted-model.ts";
import { exchange, requestText } from "../support/raw-http.ts";
import { startServe } from "../support/test-server.ts";
import { TEST_CERTIFICATE, TEST_KEY } from "../support/tls.ts";

const POST: RequestInit = { method: "POST", headers: { "content-type": "application/json" }, body: '{"messages":"hi"}' };

function app(server: ServerConfig = {}, agents: Record<string, Agent> = {}): Mastra {
  const a = new Agent({ id: "a", name: "A", instructions: "", model: textModel("ok") });
  return new Mastra({ logger: false, agents: { a, ...agents }, server: { handleShutdownSignals: false, drainTimeout: 100, ...server } });
}

/** Writes text for ever, or until it is told to stop. */
function talker(onStop: () => void): Agent {
  const piece = "x".repeat(16_384);
  const model = partModel(
    ({ abortSignal }) =>
      new ReadableStream<Part>({
        start(controller) {
          for (const part of textParts("x").slice(0, 2)) controller.enqueue(part);
          abortSignal?.addEventListener("abort", () => {
            onStop();
            controller.error(abortSignal.reason);
          });
        },
        async pull(controller) {
          await new Promise((resolve) => setImmediate(resolve));
          const delta = textParts("x").find((part) => part.type === "text-delta");
          if (delta && !abortSignal?.aborted) controller.enqueue({ ...delta, delta: piece });
        },
      }),
  );
  return new Agent({ id: "talker", name: "Talker", instructions: "", model });
}

async function open(port: number, text: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(text);
  return socket;
}

const isServed = async (api: string): Promise<boolean> => {
  const response = await fetch(`${api}/agents/a/generate`, POST);
  return response.status === 200 && (await response.text()).includes('"text":"ok"');
};

describe("what is too large or too slow", () => {
  test("an address over the limit is 414", async () => {
    await using server = await startServe(app({ limits: { urlLength: 100 } }));
    const response = await fetch(`${server.api}/agents?x=${"y".repeat(100)}`);
    expect([response.status, await response.json()]).toMatchObject([414, { code: "URI_TOO_LONG" }]);
  });

  test("a head over the limit is 431", async () => {
    await using server = await startServe(app({ limits: { headerBytes: 1_000 } }));
    const reply = await exchange(server.port, [requestText("GET", "/api/agents", { "x-large": "y".repeat(2_000) })]);
    expect(reply.status).toBe(431);
  });

  test.each([
    ["a head", "GET /api/agents HTTP/1.1\r\nhost: x\r\n"],
    ["a body", `POST /api/agents/a/generate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"mess`],
    ["nothing at all", ""],
  ])("%s that does not arrive in time is given up, and others are served meanwhile", async (_name, text) => {
    await using server = await startServe(app({ limits: { requestMs: 300 } }));
    const slow = await Promise.all(Array.from({ length: 50 }, () => open(server.port, text)));
    const closed = slow.map((socket) => once(socket.resume(), "close"));
    expect(await isServed(server.api)).toBe(true);
    await Promise.all(closed);
    expect(await isServed(server.api)).toBe(true);
  });

  test("aborted uploads leave nothing behind", async () => {
    await using server = await startServe(app());
    const head = "POST /api/agents/a/generate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n{";
    const sockets = await Promise.all(Array.from({ length: 500 }, () => open(server.port, head)));
    for (const socket of sockets) socket.resetAndDestroy();
    expect(await isServed(server.api)).toBe(true);
  });

  test("connections over the limit are closed", async () => {
    await using server = await startServe(app({ limits: { connections: 2 } }));
    const kept = [await open(server.port, ""), await open(server.port, "")];
    const third = await open(server.port, "");
    if (!third.resume().destroyed) await once(third, "close");
    expect(kept.map(({ destroyed }) => destroyed)).toEqual([false, false]);
    for (const socket of kept) socket.destroy();
  });
});

describe("a reader that takes nothing", () => {
  test("is cut off, and its run is stopped, while others are served", async () => {
    const stopped = Promise.withResolvers<void>();
    await using server = await startServe(app({ limits: { writeMs: 300 } }, { talker: talker(() => stopped.resolve()) }));
    const socket = connect(server.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.pause();
    socket.write(requestText("POST", "/api/agents/talker/stream", { connection: "keep-alive" }, '{"messages":"hi"}'));
    expect(await isServed(server.api)).toBe(true);
    await stopped.promise;
    socket.destroy();
  });

  test("is not one whose stream is silent", async () => {
    const go = Promise.withResolvers<readonly Part[]>();
    const slow = new Agent({ id: "slow", name: "Slow", instructions: "", model: partModel(() => go.promise) });
    await using server = await startServe(app({ limits: { writeMs: 60 } }, { slow }), { streamOptions: { heartbeatMs: 400 } });
    const response = await fetch(`${server.api}/agents/slow/stream`, POST);
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    let text = "";
    // A heartbeat comes long after the limit: the connection was kept.
    while (!text.includes(": ping")) text += decoder.decode((await reader?.read())?.value);
    go.resolve(textParts("late"));
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) text += decoder.decode(next.value);
    expect(text).toContain('"text":"late"');
    expect(text).toContain("data: [DONE]");
  });
});

describe("a stream that lasts too long", () => {
  test("ends with an error, and its run is stopped", async () => {
    const stopped = Promise.withResolvers<void>();
    await using server = await startServe(app({ limits: { streamMs: 100 } }, { talker: talker(() => stopped.resolve()) }));
    const text = await (await fetch(`${server.api}/agents/talker/stream`, POST)).text();
    await stopped.promise;
    expect(text).toMatch(/"type":"error".*"code":"TIMEOUT"/);
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  });

  test("leaves others alone", async () => {
    await using server = await startServe(app({ limits: { streamMs: 60_000 } }));
    expect(await (await fetch(`${server.api}/agents/a/stream`, POST)).text()).toContain('"text":"ok"');
  });
});

describe("while the server stops", () => {
  test("open streams are told to come again, and no connection is kept", async () => {
    const asked = Promise.withResolvers<void>();
    const go = Promise.withResolvers<readonly Part[]>();
    const slow = new Agent({
      id: "slow",
      name: "Slow",
      instructions: "",
      model: partModel(() => {
        asked.resolve();
        return go.promise;
      }),
    });
    const running = await serve(app({ drainTimeout: 10_000 }, { slow }), { port: 0, host: "127.0.0.1" });
    const stream = await fetch(`${running.url}/api/agents/slow/stream`, POST);
    await asked.promise;
    const closed = running.close();
    const reader = stream.body?.getReader();
    const decoder = new TextDecoder();
    let text = "";
    while (!text.includes("retry: 1000\n\n")) text += decoder.decode((await reader?.read())?.value);
    go.resolve(textParts("late"));
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) text += decoder.decode(next.value);
    expect(text).toContain("data: [DONE]");
    await closed;
  });
});

describe("HTTPS", () => {
  afterEach(() => vi.unstubAllEnvs());

  const ask = (url: string, ca: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      httpsGet(`${url}/api/agents`, { ca, servername: "localhost" }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on("error", reject);
    });

  test("is spoken with server.https, or with the key and certificate of the environment", async () => {
    const https = { key: TEST_KEY, cert: TEST_CERTIFICATE };
    const byOption = await serve(app({ https }), { port: 0, host: "127.0.0.1" });
    expect(byOption.url).toMatch(/^https:/);
    expect(await ask(byOption.url, https.cert)).toBe(200);
    await byOption.close();
    vi.stubEnv("MASTRA_HTTPS_KEY", Buffer.from(https.key).toString("base64"));
    vi.stubEnv("MASTRA_HTTPS_CERT", Buffer.from(https.cert).toString("base64"));
    const byEnvironment = await serve(app(), { port: 0, host: "127.0.0.1" });
    expect(await ask(byEnvironment.url, https.cert)).toBe(200);
    await byEnvironment.close();
  });

  test("a key without its certificate is refused", async () => {
    vi.stubEnv("MASTRA_HTTPS_KEY", "eA==");
    await expect(serve(app(), { port: 0 })).rejects.toMatchObject({ code: "MISCONFIGURED" });
  });
});

test.each<[string, LimitsConfig]>([
  ["requestMs", { requestMs: 0 }],
  ["writeMs", { writeMs: Number.NaN }],
  ["streamMs", { streamMs: 2 ** 31 }],
  ["headerBytes", { headerBytes: -1 }],
  ["connections", { connections: 1.5 }],
])("an impossible %s is refused", async (_name, limits) => {
  await expect(serve(app({ limits }), { port: 0 })).rejects.toMatchObject({ code: "MISCONFIGURED" });
});
