/** I-9: what is the server's own never reaches the public, wherever it comes from and whichever way it might go out. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { routeTable } from "../../src/server/route-table.ts";
import { PUBLIC_CHUNK_TYPES } from "../../src/server/wire/projection.ts";
import { CANARY, canaryApp } from "../support/canary-app.ts";
import { startHono, type TestServer } from "../support/test-server.ts";

/** What an error's stack looks like, and where one would lead. */
const STACK = /\n\s+at |\\n\s+at |node:internal|\.ts:\d+|"stack"/;

const RAW = { includeRawChunks: true };
const TALKS = [
  { messages: "hello", ...RAW, requestContext: { tier: "gold" } },
  { messages: "fail" },
  { messages: "break" },
  { messages: "json", structuredOutput: { schema: { type: "object" } } },
  { messages: "hello", structuredOutput: { schema: { type: "object" } } },
  { messages: "tool:fails" },
  { messages: "tool:writes" },
  { messages: "tool:guarded" },
  { messages: "tool:asks" },
  { messages: "tool:nothing" },
  { messages: "tool:agent-child", ...RAW },
  { messages: "tool:agent-broken" },
] as const;
const AGENTS = ["main", "parent", "broken", "tripped", "tripped-late", "throwing"];

interface Seen {
  readonly status: number;
  readonly body: string;
  /** Every byte of the reply: status line, headers and body. */
  readonly all: string;
}

async function call(server: TestServer, method: string, path: string, body?: object): Promise<Seen> {
  const response = await fetch(`${server.api}${path}`, { method, ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }) });
  const text = await response.text();
  return { status: response.status, body: text, all: `${response.statusText}\n${JSON.stringify([...response.headers])}\n${text}` };
}

/** Starts a run that waits for an answer, and tells its id. */
async function waiting(server: TestServer, tool: string): Promise<string> {
  const { body } = await call(server, "POST", "/agents/main/generate", { messages: `tool:${tool}` });
  return (JSON.parse(body) as { runId: string }).runId;
}

type Ask = (server: TestServer) => Promise<Seen[]>;

const talk =
  (path: string): Ask =>
  async (server) => {
    const replies: Seen[] = [];
    for (const agent of AGENTS) for (const body of TALKS) replies.push(await call(server, "POST", `/agents/${agent}/${path}`, body));
    return replies;
  };

const answer =
  (path: string, tool: string, more: object = {}): Ask =>
  async (server) => [
    await call(server, "POST", `/agents/main/${path}`, { runId: await waiting(server, tool), ...more }),
    await call(server, "POST", `/agents/main/${path}`, { runId: "unknown", ...more }),
  ];

const gets =
  (...paths: string[]): Ask =>
  (server) =>
    Promise.all(paths.map((path) => call(server, "GET", path)));

/** What is asked of each route: all that it can answer, failures included. */
const ROUTES: Readonly<Record<string, Ask>> = {
  "agents.list": gets("/agents", "/agents?partial=true", '/agents?requestContext={"tier":"gold"}'),
  "agents.providers": gets("/agents/providers"),
  "agents.get": gets("/agents/main", "/agents/parent", "/agents/throwing", "/agents/unknown"),
  "agents.generate": talk("generate"),
  "agents.stream": talk("stream"),
  "compat.generateVnext": talk("generate/vnext"),
  "compat.streamVnext": talk("stream/vnext"),
  "agents.resumeStream": answer("resume-stream", "asks", { resumeData: { because: "so" } }),
  "agents.approveToolCall": answer("approve-tool-call", "guarded"),
  "agents.declineToolCall": answer("decline-tool-call", "guarded", { reason: "no" }),
  "agents.approveToolCallGenerate": answer("approve-tool-call-generate", "guarded"),
  "agents.declineToolCallGenerate": answer("decline-tool-call-generate", "guarded"),
  "agents.suspendedRuns": async (server) => {
    await waiting(server, "guarded");
    return gets("/agents/main/suspended-runs", "/agents/unknown/suspended-runs")(server);
  },
  "agents.getTool": gets("/agents/main/tools/fails", "/agents/main/tools/unknown"),
  "agents.executeTool": async (server) =>
    Promise.all(["fails", "writes", "guarded", "asks", "unknown"].map((tool) => call(server, "POST", `/agents/main/tools/${tool}/execute`, { data: {} }))),
  "tools.list": gets("/tools"),
  "tools.get": gets("/tools/fails", "/tools/unknown"),
  "tools.execute": async (server) => Promise.all(["fails", "writes", "guarded", "asks", "unknown"].map((tool) => call(server, "POST", `/tools/${tool}/execute`, { data: {} }))),
  "system.packages": gets("/system/packages"),
  "system.apiSchema": gets("/system/api-schema"),
  "auth.capabilities": gets("/auth/capabilities"),
  "auth.me": gets("/auth/me"),
};

/** The types of all chunks of a stream, those of nested runs included. */
function typesOf(body: string): string[] {
  const records = body.includes("\u001e") ? body.split("\u001e") : body.split("\n\n").map((block) => block.replace(/^data: /, ""));
  return records.filter((record) => record.startsWith("{")).flatMap((record) => chunkTypes(JSON.parse(record) as { type: string; payload?: { output?: unknown } }));
}

function chunkTypes(chunk: { type: string; payload?: { output?: unknown } }): string[] {
  const inner = chunk.payload?.output;
  return [chunk.type, ...(chunk.type === "tool-output" && typeof inner === "object" && inner !== null && "type" in inner ? chunkTypes(inner as { type: string }) : [])];
}

describe("the public", () => {
  let server: TestServer;
  const types = new Set<string>();
  beforeAll(async () => {
    server = await startHono(canaryApp(PUBLIC_CHUNK_TYPES), { openapiPath: "/openapi.json" });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("every route has its questions", () => {
    expect(Object.keys(ROUTES).toSorted()).toEqual(routeTable().map(({ id }) => id).toSorted());
  });

  test.each(Object.entries(ROUTES))("sees no canary and no stack in any byte of %s", async (_id, ask) => {
    const replies = await ask(server);
    for (const { all, body } of replies) {
      expect(all).not.toContain(CANARY);
      expect(all).not.toMatch(STACK);
      if (/^data: |\u001e/.test(body)) for (const type of typesOf(body)) types.add(type);
    }
    expect(replies.some(({ status }) => status === 200)).toBe(true);
  });

  test("sees none in the API's document", async () => {
    expect((await call(server, "GET", "/openapi.json")).all).not.toContain(CANARY);
  });

  test("has been shown every type of chunk that it may see, and none besides", () => {
    expect([...types].filter((type) => !type.startsWith("data-")).toSorted()).toEqual([...PUBLIC_CHUNK_TYPES].toSorted());
    expect([...types].filter((type) => type.startsWith("data-"))).toEqual(["data-note"]);
  });
});

describe("the operator, with redact: false", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startHono(canaryApp([]), { streamOptions: { redact: false } });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each(["generate", "stream", "stream/vnext"])("sees prompts and provider requests in %s, but no stack", async (path) => {
    const replies = await talk(path)(server);
    expect(replies[0]?.body).toContain(CANARY);
    for (const { all } of replies) expect(all).not.toMatch(STACK);
  });

  test("sees an agent's instructions", async () => {
    expect((await call(server, "GET", "/agents/main")).body).toContain(`"instructions":"${CANARY} undefined"`);
  });
});
