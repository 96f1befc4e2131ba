import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { FermataError } from "../../src/errors.ts";
import { Mastra, type MastraConfig, type ServerConfig } from "../../src/mastra.ts";
import { serve } from "../../src/serve.ts";
import { MemorySuspensionStore } from "../../src/storage/memory-suspension-store.ts";
import { freePort, startChild } from "../support/child.ts";
import { partModel, textModel, toolModel, type Part } from "../support/part-model.ts";
import { textParts } from "../support/scripted-model.ts";
import { startServe } from "../support/test-server.ts";

const POST: RequestInit = { method: "POST", headers: { "content-type": "application/json" }, body: '{"messages":"hi"}' };

function app(server: ServerConfig = {}, more: Partial<MastraConfig> = {}): Mastra {
  const agent = new Agent({ id: "a", name: "A", instructions: "Be brief.", model: textModel("ok") });
  return new Mastra({ logger: false, agents: { a: agent }, server: { handleShutdownSignals: false, ...server }, ...more });
}

const status = async (url: string): Promise<number> => (await fetch(url)).status;

beforeEach(() => {
  vi.stubEnv("PORT", undefined);
  vi.stubEnv("MASTRA_HOST", undefined);
  vi.stubEnv("NODE_ENV", undefined);
});
afterEach(() => vi.unstubAllEnvs());

describe("where it listens", () => {
  test("PORT and MASTRA_HOST decide when the app says nothing", async () => {
    const port = await freePort();
    vi.stubEnv("PORT", String(port));
    vi.stubEnv("MASTRA_HOST", "127.0.0.1");
    const running = await serve(app());
    expect(running.url).toBe(`http://127.0.0.1:${port}`);
    expect(await status(`${running.url}/health`)).toBe(200);
    await running.close();
  });

  test("server.port and server.host go before the environment", async () => {
    vi.stubEnv("PORT", "1");
    vi.stubEnv("MASTRA_HOST", "256.0.0.1");
    const running = await serve(app({ port: 0, host: "127.0.0.1" }));
    expect(await status(`http://127.0.0.1:${running.port}/health`)).toBe(200);
    await running.close();
  });

  test("options go before everything", async () => {
    const running = await serve(app({ port: 1, host: "256.0.0.1" }), { port: 0, host: "127.0.0.1" });
    expect(await status(`${running.url}/health`)).toBe(200);
    await running.close();
  });

  test("without any of them it is port 4111 of localhost", async () => {
    await using child = startChild({});
    // Another process of this machine may have the port: then the system names it.
    const line = await Promise.race([child.line("serving"), child.exited.then(() => child.output())]);
    expect(line).toMatch(/serving http:\/\/localhost:4111|EADDRINUSE.*:4111/);
  });

  test("an app with only a port and the host 0.0.0.0 is served on all addresses", async () => {
    const port = await freePort();
    await using child = startChild({ SERVER_CONFIG: JSON.stringify({ port, host: "0.0.0.0" }) });
    expect(await child.line("serving")).toBe(`serving http://0.0.0.0:${port}`);
    expect(await status(`http://127.0.0.1:${port}/health`)).toBe(200);
  });

  test.each(["eighty", "-1", "65536", "1.5", "0x50", " 80"])("the PORT %j is refused", async (port) => {
    vi.stubEnv("PORT", port);
    await expect(serve(app())).rejects.toMatchObject({ code: "MISCONFIGURED" });
  });

  test.each([-1, 65_536, 1.5, Number.NaN])("the port %d is refused", async (port) => {
    await expect(serve(app({ port }))).rejects.toMatchObject({ code: "MISCONFIGURED" });
  });

  test.each([0, -1, 2 ** 31, Number.NaN])("the time-out %d is refused", async (timeout) => {
    await expect(serve(app({ port: 0, timeout }))).rejects.toMatchObject({ code: "MISCONFIGURED" });
  });

  test("a port that is taken is an error of the system's own", async () => {
    await using first = await startServe(app());
    await expect(serve(app(), { port: first.port, host: "127.0.0.1" })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("health", () => {
  test("/health says that the process lives, /ready that it can work", async () => {
    await using server = await startServe(app());
    expect(await (await fetch(`${server.origin}/health`)).json()).toEqual({ success: true });
    expect(await (await fetch(`${server.origin}/ready`)).json()).toEqual({ ready: true });
  });

  test("/ready is 503 while the store does not answer", async () => {
    const suspensions = new MemorySuspensionStore();
    suspensions.ping = () => Promise.reject(new Error("down"));
    await using server = await startServe(app({}, { suspensions }));
    const response = await fetch(`${server.origin}/ready`);
    expect([response.status, await response.json()]).toEqual([503, { ready: false, reason: "storage" }]);
    expect(await status(`${server.origin}/health`)).toBe(200);
  });

  test("/ready is 503 once the app shuts down", async () => {
    const mastra = app();
    await using server = await startServe(mastra);
    await mastra.shutdown();
    const response = await fetch(`${server.origin}/ready`);
    expect([response.status, await response.json()]).toEqual([503, { ready: false, reason: "draining" }]);
  });
});

describe("the API's document and page", () => {
  const both = async (build?: ServerConfig["build"]): Promise<number[]> => {
    await using server = await startServe(app(build ? { build } : {}));
    return await Promise.all([status(`${server.api}/openapi.json`), status(`${server.origin}/swagger-ui`)]);
  };

  test("are there in development", async () => {
    expect(await both()).toEqual([200, 200]);
  });

  test("are not there in production", async () => {
    vi.stubEnv("NODE_ENV", "production");
    expect(await both()).toEqual([404, 404]);
  });

  test("are there in production when the app says so", async () => {
    vi.stubEnv("NODE_ENV", "production");
    expect(await both({ openAPIDocs: true })).toEqual([200, 404]);
    expect(await both({ openAPIDocs: true, swaggerUI: true })).toEqual([200, 200]);
    expect(await both({ swaggerUI: true })).toEqual([200, 200]);
  });

  test("are not there when the app does not want them", async () => {
    expect(await both({ openAPIDocs: false })).toEqual([404, 404]);
    expect(await both({ swaggerUI: false })).toEqual([200, 404]);
  });
});

describe("the prefix", () => {
  test.each([
    [" //v1//api/ ", "/v1/api"],
    ["v1", "/v1"],
    ["/", ""],
    ["", ""],
    ["/ä", "/ä"],
  ])("%j is %j", async (apiPrefix, path) => {
    await using server = await startServe(app({ apiPrefix }));
    expect(await status(`${server.origin}${path}/agents`)).toBe(200);
    expect(await status(`${server.origin}${path}/openapi.json`)).toBe(200);
  });

  test.each(["/a/../b", "/a?b", "/a#b", "/:a", "/a/*", "/{a}", "/a b"])("%j is refused", async (apiPrefix) => {
    await expect(serve(app({ apiPrefix, port: 0 }))).rejects.toMatchObject({ code: "MISCONFIGURED" });
  });
});

describe("stopping", () => {
  test("a running request is finished, then the port is free", async () => {
    const asked = Promise.withResolvers<void>();
    const go = Promise.withResolvers<readonly Part[]>();
    const agent = new Agent({
      id: "a",
      name: "A",
      instructions: "",
      model: partModel(() => {
        asked.resolve();
        return go.promise;
      }),
    });
    const running = await serve(new Mastra({ logger: false, agents: { a: agent }, server: { handleShutdownSignals: false } }), {
      port: 0,
      host: "127.0.0.1",
    });
    const reply = fetch(`${running.url}/api/agents/a/stream`, POST).then((response) => response.text());
    await asked.promise;
    const closed = running.close();
    go.resolve(textParts("late"));
    expect(await reply).toContain('"text":"late"');
    await closed;
    await expect(fetch(`${running.url}/health`)).rejects.toThrow("fetch failed");
  });

  test("a request that does not end is cut off after the drain time", async () => {
    const agent = new Agent({
      id: "a",
      name: "A",
      instructions: "",
      model: partModel(() => new Promise<readonly Part[]>(() => undefined)),
    });
    const running = await serve(
      new Mastra({ logger: false, agents: { a: agent }, server: { handleShutdownSignals: false, drainTimeout: 20 } }),
      { port: 0, host: "127.0.0.1" },
    );
    const response = await fetch(`${running.url}/api/agents/a/stream`, POST);
    const rest = response.text();
    await Promise.all([running.close(), expect(rest).rejects.toThrow("terminated")]);
  });

  test("closing twice is closing once", async () => {
    const running = await serve(app(), { port: 0, host: "127.0.0.1" });
    expect(running.close()).toBe(running.close());
    await running.close();
  });

  test("leaves no signal handler behind", async () => {
    const before = process.listenerCount("SIGTERM");
    const running = await serve(app({ handleShutdownSignals: true }), { port: 0, host: "127.0.0.1" });
    expect(process.listenerCount("SIGTERM")).toBe(before + 1);
    await running.close();
    expect(process.listenerCount("SIGTERM")).toBe(before);
  });

  test.each(["SIGTERM", "SIGINT"] as const)("%s finishes what is under way and exits with 0", async (signal) => {
    await using child = startChild({ SERVER_CONFIG: '{"port":0,"host":"127.0.0.1"}' });
    const url = (await child.line("serving")).slice("serving ".length);
    const reply = fetch(`${url}/api/agents/a/generate`, { ...POST, body: '{"messages":"slowly"}' }).then((response) => response.json());
    await child.line("asked");
    child.process.kill(signal);
    child.process.send("go");
    expect(await reply).toMatchObject({ text: "slow answer" });
    expect(await child.exited).toBe(0);
  });

  test("a second signal does not wait and exits with 1", async () => {
    await using child = startChild({ SERVER_CONFIG: '{"port":0,"host":"127.0.0.1"}' });
    const url = (await child.line("serving")).slice("serving ".length);
    const reply = fetch(`${url}/api/agents/a/generate`, { ...POST, body: '{"messages":"slowly"}' });
    const end = reply.then(
      () => "answered",
      () => "cut off",
    );
    await child.line("asked");
    child.process.kill("SIGTERM");
    await expect
      .poll(() =>
        fetch(`${url}/health`).then(
          () => "open",
          () => "closed",
        ),
      )
      .toBe("closed");
    child.process.kill("SIGTERM");
    expect(await child.exited).toBe(1);
    expect(await end).toBe("cut off");
  });
});

describe("the log", () => {
  interface Line {
    readonly level: string;
    readonly message: string;
    readonly fields: Record<string, unknown>;
  }

  function recorder(): { lines: Line[]; logger: NonNullable<Exclude<MastraConfig["logger"], false>> } {
    const lines: Line[] = [];
    const at = (level: string) => (message: string, fields?: object) => void lines.push({ level, message, fields: { ...fields } });
    return { lines, logger: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") } };
  }

  const failing = (): Agent =>
    new Agent({
      id: "f",
      name: "F",
      instructions: "secret-instructions",
      model: partModel(() => Promise.reject(new Error("provider down"))),
    });

  test("every line of a request that fails names the request", async () => {
    const { lines, logger } = recorder();
    await using server = await startServe(app({}, { agents: { f: failing() }, logger }));
    const headers = { "content-type": "application/json", "x-request-id": "req-1" };
    await (await fetch(`${server.api}/agents/f/generate`, { ...POST, headers, body: '{"messages":"hi","runId":"run-1"}' })).text();
    await (await fetch(`${server.api}/agents/f/stream`, { ...POST, headers, body: '{"messages":"hi","runId":"run-1"}' })).text();
    const told = lines.filter(({ level }) => level === "warn" || level === "error");
    expect(told.length).toBeGreaterThanOrEqual(3);
    expect(told.filter(({ fields }) => fields.requestId !== "req-1")).toEqual([]);
  });

  test("so does every line of an agent that another one asks", async () => {
    const { lines, logger } = recorder();
    const parent = new Agent({
      id: "p",
      name: "P",
      instructions: "",
      model: toolModel("agent-f", { prompt: "hi" }),
      agents: { f: failing() },
    });
    await using server = await startServe(app({}, { agents: { p: parent }, logger }));
    await (
      await fetch(`${server.api}/agents/p/generate`, { ...POST, headers: { "content-type": "application/json", "x-request-id": "req-2" } })
    ).text();
    const told = lines.filter(({ level }) => level === "warn" || level === "error");
    expect(told.map(({ message, fields }) => [message, fields.requestId])).toEqual([
      ["Run failed", "req-2"],
      ["Tool failed", "req-2"],
    ]);
  });

  test("every line of a run names the run", async () => {
    const { lines, logger } = recorder();
    await using server = await startServe(app({}, { agents: { f: failing() }, logger }));
    await (await fetch(`${server.api}/agents/f/stream`, { ...POST, body: '{"messages":"hi","runId":"run-1"}' })).text();
    const told = lines.filter(({ level }) => level === "warn" || level === "error");
    expect(told.map(({ fields }) => fields.runId)).toEqual(["run-1"]);
  });

  test("no prompt, no instructions and no answer stand in the lines at info and above", async () => {
    const { lines, logger } = recorder();
    const agent = new Agent({ id: "a", name: "A", instructions: "secret-instructions", model: textModel("secret-answer") });
    await using server = await startServe(app({}, { agents: { a: agent, f: failing() }, logger }));
    for (const id of ["a", "f"]) {
      for (const route of ["generate", "stream"])
        await (await fetch(`${server.api}/agents/${id}/${route}`, { ...POST, body: '{"messages":"secret-question"}' })).text();
    }
    await (
      await fetch(`${server.api}/agents/a/generate`, { ...POST, body: '{"messages":["secret-question"],"maxSteps":"secret-steps"}' })
    ).text();
    const text = JSON.stringify(
      lines.filter(({ level }) => level !== "debug"),
      (_key, value: unknown) => (value instanceof Error ? [...Object.entries(value), value.message, value.stack, value.cause] : value),
    );
    expect(text).not.toMatch(/secret-/);
    expect(lines.length).toBeGreaterThan(0);
  });
});

test("an error that Fermata did not foresee is told to the log alone", async () => {
  const suspensions = new MemorySuspensionStore();
  suspensions.list = () => Promise.reject(new Error("disk on fire"));
  await using server = await startServe(app({}, { suspensions }));
  const response = await fetch(`${server.api}/agents/a/suspended-runs`);
  expect([response.status, await response.json()]).toMatchObject([500, { error: "Internal Server Error", code: "INTERNAL" }]);
});

describe("the app's own replies to failures", () => {
  const rejecting = (error: Error): MemorySuspensionStore => {
    const suspensions = new MemorySuspensionStore();
    suspensions.list = async () => {
      throw error;
    };
    return suspensions;
  };

  test("onError answers what nobody foresaw, and gets the web framework's context", async () => {
    const onError = (error: unknown, context: unknown): Response =>
      (context as { json(body: object, status: number): Response }).json({ own: (error as Error).message }, 503);
    await using server = await startServe(app({ onError }, { suspensions: rejecting(new Error("disk")) }));
    const response = await fetch(`${server.api}/agents/a/suspended-runs`);
    expect([response.status, await response.json()]).toEqual([503, { own: "disk" }]);
  });

  test("onError is not asked about failures that are part of the contract", async () => {
    const onError = vi.fn<() => Response>();
    await using server = await startServe(app({ onError }, { suspensions: rejecting(new FermataError("CONFLICT", "busy")) }));
    expect(await status(`${server.api}/agents/a/suspended-runs`)).toBe(409);
    expect(onError).not.toHaveBeenCalled();
  });

  test("an onError that throws leaves the usual reply", async () => {
    const onError = (): never => {
      throw new Error("worse");
    };
    await using server = await startServe(app({ onError }, { suspensions: rejecting(new Error("disk")) }));
    const response = await fetch(`${server.api}/agents/a/suspended-runs`);
    expect([response.status, await response.json()]).toMatchObject([500, { error: "Internal Server Error" }]);
  });

  test("onValidationError answers requests that do not fit, and may leave them to the server", async () => {
    const onValidationError: ServerConfig["onValidationError"] = ({ issues }, part) =>
      part === "body" ? { status: 422, body: { part, first: issues[0]?.field } } : undefined;
    await using server = await startServe(app({ onValidationError }));
    const body = await fetch(`${server.api}/agents/a/generate`, { ...POST, body: '{"messages":7}' });
    expect([body.status, await body.json()]).toEqual([422, { part: "body", first: "messages" }]);
    expect(await status(`${server.api}/agents/a/suspended-runs?page=-1`)).toBe(400);
  });

  test("an onValidationError that throws leaves the usual reply", async () => {
    const onValidationError = (): never => {
      throw new Error("worse");
    };
    await using server = await startServe(app({ onValidationError }));
    expect((await fetch(`${server.api}/agents/a/generate`, { ...POST, body: "[]" })).status).toBe(400);
  });
});
