import { describe, expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import type { RequestLogOptions } from "../../src/mastra/edge-config.ts";
import { registerApiRoute } from "../../src/server/custom-routes.ts";
import type { LogFields, Logger } from "../../src/telemetry/logger.ts";
import { textModel } from "../support/part-model.ts";
import { startServe, type TestServer } from "../support/test-server.ts";

interface Line {
  readonly level: string;
  readonly fields: LogFields;
}

async function start(apiReqLogs: boolean | RequestLogOptions): Promise<{ server: TestServer; lines: Line[] }> {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      if (message === "Request") lines.push({ level, fields });
    };
  const logger: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const a = new Agent({ id: "a", name: "A", instructions: "", model: textModel("ok") });
  const apiRoutes = [registerApiRoute("/own/:id", { method: "GET", handler: (c) => c.text("own") })];
  const server = await startServe(
    new Mastra({ logger, agents: { a }, server: { handleShutdownSignals: false, apiRoutes, build: { apiReqLogs } } }),
  );
  return { server, lines };
}

const secret = {
  authorization: "Bearer s-e-c-r-e-t",
  cookie: "mastra-token=s-e-c-r-e-t",
  "x-own-key": "s-e-c-r-e-t",
  "x-request-id": "req-1",
};

describe("a line about a request", () => {
  test("names the route as it is declared, and nothing of the caller's", async () => {
    const { server, lines } = await start(true);
    await using _server = server;
    await fetch(`${server.api}/agents/a?apiKey=s-e-c-r-e-t`, { headers: secret });
    await (await fetch(`${server.origin}/own/7`, { headers: { "x-request-id": "req-2" } })).text();
    expect(lines).toEqual([
      {
        level: "info",
        fields: { method: "GET", route: "/agents/:agentId", status: 200, ms: expect.any(Number) as number, requestId: "req-1" },
      },
      { level: "info", fields: { method: "GET", route: "/own/:id", status: 200, ms: expect.any(Number) as number, requestId: "req-2" } },
    ]);
  });

  test("has headers and parameters when the app wants them, without what is secret", async () => {
    const { server, lines } = await start({ level: "debug", includeHeaders: true, includeQueryParams: true, redactHeaders: ["X-Own-Key"] });
    await using _server = server;
    await fetch(`${server.api}/agents/a?apiKey=s-e-c-r-e-t&partial=true`, { headers: secret });
    expect(lines).toMatchObject([
      {
        level: "debug",
        fields: {
          query: { apiKey: "[redacted]", partial: "true" },
          headers: { authorization: "[redacted]", cookie: "[redacted]", "x-own-key": "[redacted]", "x-request-id": "req-1" },
        },
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain("s-e-c-r-e-t");
  });

  test("is not written for paths that the app leaves out, nor when it is off", async () => {
    const { server, lines } = await start({ excludePaths: ["/api/agents", "/own/*"] });
    await using _server = server;
    for (const path of ["/api/agents", "/own/7", "/api/agents/a"]) await (await fetch(`${server.origin}${path}`)).text();
    expect(lines.map(({ fields }) => fields.route)).toEqual(["/agents/:agentId"]);
    const off = await start({ enabled: false });
    await using _off = off.server;
    await (await fetch(`${off.server.api}/agents`)).text();
    expect(off.lines).toEqual([]);
  });
});

describe("a request", () => {
  test("has an id, the caller's own when it is fit for one, in every reply", async () => {
    const { server } = await start(false);
    await using _server = server;
    const id = async (path: string, given?: string): Promise<string | null> =>
      (await fetch(`${server.origin}${path}`, given === undefined ? {} : { headers: { "x-request-id": given } })).headers.get(
        "x-request-id",
      );
    expect(await id("/api/agents", "mine-1")).toBe("mine-1");
    expect(await id("/api/agents/nobody", "mine-2")).toBe("mine-2");
    expect(await id("/own/7", "mine-3")).toBe("mine-3");
    expect(await id("/api/agents", "not fit")).toMatch(/^[\da-f-]{36}$/);
    expect(await id("/api/agents")).toMatch(/^[\da-f-]{36}$/);
  });

  test("that belongs to a trace is told so in its reply and in the log", async () => {
    const { server, lines } = await start(true);
    await using _server = server;
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const reply = await fetch(`${server.api}/agents`, { headers: { traceparent } });
    expect(reply.headers.get("traceparent")).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[\da-f]{16}-01$/);
    expect(lines).toMatchObject([{ fields: { traceId: "0af7651916cd43dd8448eb211c80319c" } }]);
  });

  test.each([
    "",
    "00-0-1-01",
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    `00-${"a".repeat(600)}`,
  ])("whose trace is named %j belongs to none", async (traceparent) => {
    const { server } = await start(false);
    await using _server = server;
    expect((await fetch(`${server.api}/agents`, { headers: { traceparent } })).headers.get("traceparent")).toBeNull();
  });
});
