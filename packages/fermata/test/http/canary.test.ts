/** I-9: what is the server's own never reaches the public, wherever it comes from and whichever way it might go out. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { routeTable } from "../../src/server/route-table.ts";
import { PUBLIC_CHUNK_TYPES } from "../../src/server/wire/projection.ts";
import { CANARY, canaryApp } from "../support/canary-app.ts";
import { call } from "../support/call-route.ts";
import { REFUSES_ALL } from "../support/openai-routes.ts";
import { ROUTES, talk } from "../support/every-route.ts";
import { startHono, type TestServer } from "../support/test-server.ts";

/** What an error's stack looks like, and where one would lead. */
const STACK = /\n\s+at |\\n\s+at |node:internal|\.ts:\d+|"stack"/;

/** The types of all chunks of a stream, those of nested runs included. */
function typesOf(body: string): string[] {
  const records = body.includes("\u001e") ? body.split("\u001e") : body.split("\n\n").map((block) => block.replace(/^data: /, ""));
  return records
    .filter((record) => record.startsWith("{"))
    .flatMap((record) => chunkTypes(JSON.parse(record) as { type: string; payload?: { output?: unknown } }));
}

function chunkTypes(chunk: { type: string; payload?: { output?: unknown } }): string[] {
  const inner = chunk.payload?.output;
  return [
    chunk.type,
    ...(chunk.type === "tool-output" && typeof inner === "object" && inner !== null && "type" in inner
      ? chunkTypes(inner as { type: string })
      : []),
  ];
}

describe("the public", () => {
  let server: TestServer;
  const types = new Set<string>();
  beforeAll(async () => {
    server = await startHono(canaryApp(PUBLIC_CHUNK_TYPES), { openapiPath: "/openapi.json" });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("every route has its questions", () => {
    expect(Object.keys(ROUTES).toSorted()).toEqual(
      routeTable()
        .map(({ id }) => id)
        .toSorted(),
    );
  });

  test.each(Object.entries(ROUTES))("sees no canary and no stack in any byte of %s", async (id, ask) => {
    const replies = await ask(server);
    for (const { all, body } of replies) {
      expect(all).not.toContain(CANARY);
      expect(all).not.toMatch(STACK);
      // Streams of other protocols have no chunks, older forms of streams have others.
      if (!id.endsWith("Legacy") && /^data: \{"type"|\u001e/.test(body)) for (const type of typesOf(body)) types.add(type);
    }
    expect(replies.some(({ status }) => status === 200)).toBe(!REFUSES_ALL.has(id));
  });

  test("sees none in the API's document", async () => {
    expect((await call(server, "GET", "/openapi.json")).all).not.toContain(CANARY);
  });

  test("has been shown every type of chunk that it may see, and none besides", () => {
    expect([...types].filter((type) => !type.startsWith("data-")).toSorted()).toEqual([...PUBLIC_CHUNK_TYPES].toSorted());
    expect([...types].filter((type) => type.startsWith("data-"))).toEqual(["data-note", "data-user-message"]);
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
