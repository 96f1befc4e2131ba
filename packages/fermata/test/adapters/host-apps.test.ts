/** An app that the server moves into goes on as before, and what it says of a request holds for the server's routes. */
// oxlint-disable-next-line import/no-unassigned-import -- Nest wants it first
import "reflect-metadata";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import type { StartedServer } from "../../src/testing/adapter/adapter-suite.ts";
import { partModel, textParts } from "../../src/testing/part-model.ts";
import { hostApps, KEY } from "./host-apps.ts";

/** Says what it was told by its instructions. */
const instructed = partModel(({ prompt }) => textParts(JSON.stringify(prompt[0]?.content)));

function createApp(): Mastra {
  const guide = new Agent({
    id: "guide",
    name: "Guide",
    instructions: ({ requestContext }) => `tier: ${String(requestContext.get("tier"))}`,
    model: instructed,
  });
  return new Mastra({ logger: false, agents: { guide } });
}

describe.each(Object.entries(hostApps))("an app of somebody's own on %s", (_name, { start, hasMiddleware }) => {
  let server: StartedServer;
  beforeAll(async () => {
    server = await start(createApp());
  });
  afterAll(() => server.close());

  async function ask(path: string, body?: object, headers: Record<string, string> = { "x-key": KEY }) {
    const response = await fetch(server.origin + path, {
      headers: { ...(body && { "content-type": "application/json" }), ...headers },
      ...(body && { method: "POST", body: JSON.stringify(body) }),
    });
    return { status: response.status, host: response.headers.get("x-host"), text: await response.text() };
  }

  test.runIf(hasMiddleware)("its route at a place that the server has a pattern for stays its own", async () => {
    expect(await ask("/api/agents/host")).toMatchObject({ status: 200, text: "before" });
  });

  test("its route below the prefix that comes later is reached, and finds the server's Mastra", async () => {
    expect(await ask("/api/after")).toMatchObject({ status: 200, text: "guide" });
  });

  test("what nobody answers is its own 404", async () => {
    expect(await ask("/api/nobody")).toMatchObject({ status: 404, text: "the host's 404" });
  });

  test("its failures go to its own handler", async () => {
    expect(await ask("/fails")).toMatchObject({ status: 500, text: "the host's 500" });
  });

  test("failures of the server's routes stay the server's", async () => {
    const { status, text } = await ask("/api/agents/unknown/generate", { messages: "hi" });
    expect(status).toBe(404);
    expect(JSON.parse(text)).toMatchObject({ code: "NOT_FOUND" });
  });

  test.runIf(hasMiddleware)("its own authentication stands before the server's routes", async () => {
    expect(await ask("/api/agents", undefined, {})).toMatchObject({ status: 401, text: "the host's 401" });
    expect(await ask("/api/agents/guide/stream", { messages: "hi" }, {})).toMatchObject({ status: 401 });
    expect(await ask("/api/agents")).toMatchObject({ status: 200 });
  });

  test.runIf(hasMiddleware)("headers that it sets are on the server's replies and streams", async () => {
    expect(await ask("/api/agents")).toMatchObject({ host: "yes" });
    expect(await ask("/api/agents/guide/stream", { messages: "hi" })).toMatchObject({ status: 200, host: "yes" });
  });

  test.runIf(hasMiddleware)("what it puts into the request context reaches the agent, whatever the client says", async () => {
    const { text } = await ask("/api/agents/guide/generate", { messages: "hi", requestContext: { tier: "mine" } });
    expect(JSON.parse(text)).toMatchObject({ text: '"tier: gold"' });
  });
});
