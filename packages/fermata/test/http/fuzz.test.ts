/**
 * Random bodies for every route that takes one, from its own schema. None may be the server's fault, none may hang, none may make it
 * tell what is its own, and they leave nothing behind. FERMATA_FUZZ_BODIES=2000 sends that many to each route; the ordinary run sends fewer.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { routeTable, type RouteEntry } from "../../src/server/route-table.ts";
import { CANARY, canaryApp } from "../support/canary-app.ts";
import { fromSchema } from "../support/random-body.ts";
import { startHono, type TestServer } from "../support/test-server.ts";

const BODIES = Number(process.env.FERMATA_FUZZ_BODIES ?? 30);
const SEED = Number(process.env.FERMATA_FUZZ_SEED ?? 5);
const AT_ONCE = 10;
/** Far above what a reply takes here; below the server's own limit. */
const HANGS_AFTER_MS = 30_000;
const STACK = /\n\s+at |\\n\s+at |node:internal|\.ts:\d+|"stack"/;

const mastra = canaryApp([]);
const NAMES: Readonly<Record<string, readonly string[]>> = {
  agentId: Object.keys(mastra.listAgents()),
  toolId: Object.keys(mastra.listTools()),
  // One never ends, and is there to be cancelled.
  workflowId: Object.keys(mastra.listWorkflows()).filter((name) => name !== "deaf"),
  vectorName: Object.keys(mastra.listVectors()),
};
/** Words of the app, so that some bodies reach far into it. */
const WORDS = [
  "hello",
  "fail",
  "break",
  "json",
  "tool:fails",
  "tool:asks",
  "user",
  "assistant",
  "t-1",
  "r-1",
  ...Object.values(NAMES).flat(),
];

let server: TestServer;
beforeAll(async () => {
  server = await startHono(mastra);
});
afterAll(() => server[Symbol.asyncDispose]());

const pathsOf = ({ spec }: RouteEntry): fc.Arbitrary<string> => {
  const names = [...spec.path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
  const values = names.map((name) =>
    fc.oneof({ arbitrary: fc.constantFrom(...(NAMES[name] ?? ["t-1"]), "t-1"), weight: 9 }, fc.constant("unknown")),
  );
  return fc
    .tuple(...values)
    .map((found) => spec.path.replace(/:(\w+)/g, (_all, name: string) => encodeURIComponent(String(found[names.indexOf(name)]))));
};

/** What routes ask for beside the path and the body. */
const queryOf = ({ group, spec }: RouteEntry): string => {
  if (group.startsWith("memory")) return "?agentId=main&resourceId=r-1";
  return group === "workflows" && spec.query !== undefined && spec.path !== "/workflows/:workflowId/create-run"
    ? `?runId=${crypto.randomUUID()}`
    : "";
};

/** A stream that shall stay open while its run waits does. */
const thatEnds = (body: unknown): unknown =>
  typeof body === "object" && body !== null && "closeOnSuspend" in body && body.closeOnSuspend === false
    ? { ...body, closeOnSuspend: true }
    : body;

interface Outcome {
  readonly status: number;
  readonly text: string;
}

/** @param ends whether the reply has an end; of one that has none, the head is looked at. */
async function send(method: string, path: string, body: unknown, ends: boolean): Promise<Outcome> {
  const signal = AbortSignal.timeout(HANGS_AFTER_MS);
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${server.api}${path}`, { method, headers, body: JSON.stringify(body), signal });
  if (ends || response.status !== 200) return { status: response.status, text: await response.text() };
  await response.body?.cancel();
  return { status: response.status, text: "" };
}

const MIB = 1_048_576;
const routes = routeTable().filter(({ spec }) => spec.body !== undefined);

interface Fault {
  readonly path: string;
  readonly body: string;
  readonly status: number;
  readonly text: string;
}

/** Sends so many bodies to a route, and gives the replies that are not as they should be. */
async function faultsOf(entry: RouteEntry, count: number, seed: number): Promise<Fault[]> {
  const { spec } = entry;
  if (!spec.body) return [];
  const schema = z.toJSONSchema(spec.body, { io: "input", unrepresentable: "any" });
  const cases = fc.sample(fc.tuple(pathsOf(entry), fromSchema(schema, WORDS)), { numRuns: count, seed });
  const faults: Fault[] = [];
  for (let at = 0; at < cases.length; at += AT_ONCE) {
    const outcomes = cases.slice(at, at + AT_ONCE).map(async ([path, body]) => {
      const { status, text } = await send(spec.method, `${path}${queryOf(entry)}`, thatEnds(body), !("follows" in spec)).catch(
        (error: unknown) => ({
          status: 599,
          text: String(error),
        }),
      );
      if (status >= 500 || text.includes(CANARY) || STACK.test(text))
        faults.push({ path, body: JSON.stringify(body).slice(0, 500), status, text: text.slice(0, 300) });
    });
    await Promise.all(outcomes);
  }
  return faults;
}

test.each(routes)(
  "$id is never at fault, whatever it is sent",
  async (entry) => {
    expect((await faultsOf(entry, BODIES, SEED)).slice(0, 3)).toEqual([]);
  },
  600_000,
);

/** The heap once nothing more can be collected. */
async function settledHeap(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void; // what the flag has just made
  for (let turn = 0; turn < 6; turn++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return process.memoryUsage().heapUsed;
}

// After the others: what is bounded is full then, and whatever is made once is there.
test("half as many again leave the heap as it was", async () => {
  const before = await settledHeap();
  for (const entry of routes) await faultsOf(entry, Math.ceil(BODIES / 2), SEED + 1);
  expect((await settledHeap()) - before).toBeLessThan(10 * MIB);
}, 3_600_000);
