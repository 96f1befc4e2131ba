import { z } from "zod";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import { createTool } from "../../src/tools/tool.ts";
import { echoModel, textModel, toolModel } from "../support/part-model.ts";
import { exchange, requestText } from "../support/raw-http.ts";
import { startServe, type TestServer } from "../support/test-server.ts";
import { callerTools, malformedBodies, prototypeKeys, queries, wrongTypes } from "./hostile/bodies.ts";
import type { Row } from "./hostile/row.ts";
import { schemas } from "./hostile/schemas.ts";
import { addresses, encodings, forms, wire } from "./hostile/transport.ts";

const GROUPS: Readonly<Record<string, readonly Row[]>> = {
  malformedBodies,
  wrongTypes,
  prototypeKeys,
  callerTools,
  queries,
  schemas,
  encodings,
  forms,
  wire,
  addresses,
};

/** What no reply may hold: a stack, a path of this machine, a module of the runtime. */
const INSIDES = /\n\s+at |node:|node_modules|\/src\/|\/packages\/|file:\/\//;

/** The reply in the form that the row expects; what is no JSON stays text, so that it can be seen. */
function readAs(expected: Row["body"], text: string): unknown {
  if (typeof expected === "string" || expected instanceof RegExp) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function expectation(body: Row["body"]): unknown {
  return body instanceof RegExp ? expect.stringMatching(body) : body;
}

function app(): Mastra {
  const weather = createTool({
    id: "weather",
    description: "Weather",
    inputSchema: z.object({ city: z.string() }),
    execute: ({ city }) => ({ city }),
  });
  const strict = createTool({
    id: "strict",
    description: "Takes short names",
    inputSchema: z.object({ city: z.string().max(10) }),
    execute: ({ city }) => city,
  });
  const guarded = createTool({ id: "guarded", description: "Needs approval", requireApproval: true, execute: () => "done" });
  const broken = createTool({
    id: "broken",
    description: "Throws",
    execute: () => {
      throw new Error("ENOENT: /srv/secret/place");
    },
  });
  return new Mastra({
    logger: false,
    agents: {
      plain: new Agent({ id: "plain", name: "Plain", instructions: "Be brief.", model: textModel("ok") }),
      echo: new Agent({ id: "echo", name: "Echo", instructions: "Repeat.", model: echoModel() }),
      tooled: new Agent({
        id: "tooled",
        name: "Tooled",
        instructions: "Use tools.",
        model: toolModel("weather", { city: "Bern" }),
        tools: { weather },
      }),
    },
    tools: { weather, strict, guarded, broken },
    server: { timeout: 1_000, handleShutdownSignals: false, drainTimeout: 100 },
  });
}

describe("a hostile request is answered, and the server goes on", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServe(app());
  });
  afterAll(() => server[Symbol.asyncDispose]());

  for (const [group, rows] of Object.entries(GROUPS)) {
    test.each(rows.map((row) => [row.name, row] as const))(`${group}: %s`, async (_name, { send, status, body }) => {
      const reply = await send(server);
      expect({ status: reply.status, body: readAs(body, reply.body) }).toMatchObject({
        status,
        body: expectation(body),
      });
      expect(reply.all).not.toMatch(INSIDES);
      expect(Object.prototype).not.toHaveProperty("polluted");
      const after = await fetch(`${server.api}/agents/plain/generate`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"messages":"hi"}',
      });
      expect(await after.json()).toMatchObject({ text: "ok" });
    });
  }

  test.each([
    [
      "too large",
      requestText("POST", "/api/agents/plain/generate", {
        "content-type": "application/json",
        connection: "keep-alive",
        "content-length": "99999999",
      }),
    ],
    [
      "too slow",
      requestText("POST", "/api/agents/plain/generate", {
        "content-type": "application/json",
        connection: "keep-alive",
        "content-length": "9",
      }),
    ],
  ])("a reply to a request that is %s says that nothing can follow on its connection", async (_name, text) => {
    expect((await exchange(server.port, [text])).headers.connection).toBe("close");
  });

  test("the table has at least 60 rows, no two of one name, and none that expects a failure of the server", () => {
    const rows = Object.values(GROUPS).flat();
    expect(rows.length).toBeGreaterThanOrEqual(60);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect(rows.filter(({ status }) => status >= 500)).toEqual([]);
  });
});
