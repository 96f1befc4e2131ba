/** Runs of workflows over a store: cut, read again, and read on another server that shares it. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { LOCAL_PRINCIPAL } from "../../src/context/principal.ts";
import { createStep, createWorkflow } from "../../src/workflows/index.ts";
import { startPostgres, whyNoPostgres, type TestPostgres } from "../support/postgres.ts";
import { appServer, frames, idOf, postgresData, postJson, sqliteData, type Frames, type SharedData } from "../support/turn-servers.ts";

let postgres: TestPostgres | undefined;
beforeAll(async () => {
  if (whyNoPostgres() === undefined) postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres?.stop());

const DATA: Readonly<Record<string, () => Promise<SharedData>>> = {
  SQLite: async () => sqliteData(),
  ...(whyNoPostgres() === undefined && { PostgreSQL: async () => postgresData((await postgres?.createDatabase()) ?? "") }),
};

/** The end of a record in the streams of workflows. */
const RECORD_END = "\u001e";

/** Steps wait here until they are let through, one after the other. */
function turnstile() {
  const waiting: (() => void)[] = [];
  let isOpen = false;
  return {
    pass: (): Promise<void> => (isOpen ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    next: (): void => waiting.shift()?.(),
    open(): void {
      isOpen = true;
      for (const pass of waiting.splice(0)) pass();
    },
    close: (): void => void (isOpen = false),
  };
}

/** A workflow with a bit of everything, whose steps wait to be let through. */
function gated(gate: ReturnType<typeof turnstile>) {
  const step = (id: string) =>
    createStep({
      id,
      inputSchema: z.any(),
      outputSchema: z.number(),
      execute: async ({ writer }) => {
        await gate.pass();
        await writer.write({ from: id });
        await gate.pass();
        return id.length;
      },
    });
  return createWorkflow({ id: "w", inputSchema: z.any(), outputSchema: z.any() })
    .then(step("first"))
    .parallel([step("left"), createWorkflow({ id: "inner", inputSchema: z.any(), outputSchema: z.any() }).then(step("right")).commit()])
    .map(async () => [1, 2, 3])
    .foreach(step("each"), { concurrency: 2 })
    .commit();
}

/** The first `count` frames. The steps go on when nothing comes without it. */
async function read(stream: Frames, count: number, gate: ReturnType<typeof turnstile>): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < count) {
    const waiting = stream.next();
    const soon = async (): Promise<string | undefined> => Promise.race([waiting, delay(5, undefined)]);
    let frame = await soon();
    while (frame === undefined) {
      gate.next();
      frame = await soon();
    }
    seen.push(frame);
  }
  return seen;
}

describe.each(Object.entries(DATA))("%s", (_name, open) => {
  test("a stream that is cut after any chunk goes on with observe and an offset, here or on another server, as if it had not been", async () => {
    await using data = await open();
    const gate = turnstile();
    await using one = await appServer({ workflows: { w: gated(gate) }, storage: data.open() });
    await using two = await appServer({ workflows: { w: gated(gate) }, storage: data.open() });
    for (let cutAfter = 1, count = Infinity; cutAfter <= count; cutAfter++) {
      gate.close();
      const first = await frames(`${one.api}/workflows/w/stream?runId=r${cutAfter}`, postJson({ inputData: 1 }), RECORD_END);
      const seen = await read(first, cutAfter, gate);
      first.cut();
      const { api } = cutAfter % 2 ? one : two;
      const again = await frames(`${api}/workflows/w/observe?runId=r${cutAfter}&offset=${cutAfter}`, postJson({}), RECORD_END);
      gate.open();
      const rest = await again.rest();
      for (const server of [one, two]) {
        const whole = await (await frames(`${server.api}/workflows/w/observe?runId=r${cutAfter}`, postJson({}), RECORD_END)).rest();
        expect([...seen, ...rest].join("")).toBe(whole.join(""));
        count = whole.length;
      }
    }
  }, 60_000);

  test.each([
    ["the header Last-Event-ID", (after: string) => ["", { headers: { "last-event-id": after } }] as const],
    ["?after=", (after: string) => [`?after=${after}`, {}] as const],
  ])(
    "a run's stream that is cut after any event goes on byte for byte with %s, here or on another server",
    async (_how, from) => {
      await using data = await open();
      const gate = turnstile();
      await using one = await appServer({ workflows: { w: gated(gate) }, storage: data.open() });
      await using two = await appServer({ workflows: { w: gated(gate) }, storage: data.open() });
      let count = Infinity;
      for (let cutAfter = 1; cutAfter <= count; cutAfter++) {
        gate.close();
        await fetch(`${one.api}/workflows/w/create-run?runId=r${cutAfter}`, postJson({}));
        await fetch(`${one.api}/workflows/w/start?runId=r${cutAfter}`, postJson({ inputData: 1 }));
        const [here, there] = cutAfter % 2 ? [one, two] : [two, one];
        const first = await frames(`${here.api}/runs/r${cutAfter}/stream`);
        const seen = await read(first, cutAfter, gate);
        first.cut();
        const [query, init] = from(idOf(seen.at(-1)));
        const again = await frames(`${there.api}/runs/r${cutAfter}/stream${query}`, init);
        gate.open();
        const rest = await again.rest();
        const whole = await (await frames(`${here.api}/runs/r${cutAfter}/stream`)).rest();
        expect([...seen, ...rest].join("")).toBe(whole.join(""));
        count = whole.filter((frame) => idOf(frame) !== "").length;
      }
    },
    60_000,
  );

  test("with full durability nobody sees a chunk of a workflow that is not on disk", async () => {
    await using data = await open();
    const gate = turnstile();
    const workflow = createWorkflow({ id: "w", options: { durability: "full" } })
      .then(gated(gate))
      .commit();
    await using server = await appServer({ workflows: { w: workflow }, storage: data.open() });
    const { runs } = data.open().for(LOCAL_PRINCIPAL);
    gate.open();
    await fetch(`${server.api}/workflows/w/create-run?runId=r`, postJson({}));
    await fetch(`${server.api}/workflows/w/start?runId=r`, postJson({ inputData: 1 }));
    const stream = await frames(`${server.api}/runs/r/stream`);
    let last = 0;
    for (let frame = await stream.next(); frame !== undefined && idOf(frame) !== ""; frame = await stream.next()) {
      last = Number(idOf(frame));
      expect((await runs.events("r")).at(-1)?.seq).toBeGreaterThanOrEqual(last);
    }
    expect(await runs.get("r")).toMatchObject({ status: "done" });
    expect(last).toBeGreaterThan(10);
  });
});

test("a workflow's run that is under way cannot be deleted, one that has ended cannot be cancelled", async () => {
  await using data = sqliteData();
  const gate = turnstile();
  await using server = await appServer({ workflows: { w: gated(gate) }, storage: data.open() });
  await fetch(`${server.api}/workflows/w/create-run?runId=r`, postJson({}));
  await fetch(`${server.api}/workflows/w/start?runId=r`, postJson({ inputData: 1 }));
  expect((await fetch(`${server.api}/runs/r`, { method: "DELETE" })).status).toBe(409);
  gate.open();
  await (await fetch(`${server.api}/runs/r/stream`)).text();
  expect((await fetch(`${server.api}/runs/r/cancel`, { method: "POST" })).status).toBe(409);
  expect((await fetch(`${server.api}/runs/r`, { method: "DELETE" })).status).toBe(200);
  expect((await fetch(`${server.api}/runs/r`)).status).toBe(404);
});
