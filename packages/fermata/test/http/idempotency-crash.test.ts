/** I-6 over processes: what a keyed call has begun happens once, though its process is killed, and a repeat elsewhere shows it as it goes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startChild } from "../support/child.ts";
import { keyedApp } from "../support/keyed-app.ts";
import { onSharedData } from "../support/on-shared-data.ts";
import { appServer, chunkOf, frames, postJson, type SharedData } from "../support/turn-servers.ts";

const CHILD = new URL("../support/keyed-child.ts", import.meta.url);
const KEY = { "idempotency-key": "k" };

/** A process that hangs in whatever it is asked for, and a server beside it that does not. */
async function setUp(data: SharedData) {
  const folder = mkdtempSync(join(tmpdir(), "fermata-keyed-"));
  const witness = join(folder, "witness");
  writeFileSync(witness, "");
  const here = await appServer({ ...keyedApp(witness, false), storage: data.open() });
  await here.mastra.runWorker.reap(); // the tables are there
  const child = startChild({ DATA_URL: data.url, WITNESS: witness }, CHILD);
  const there = `${(await child.line("serving ")).slice("serving ".length)}/api`;
  return {
    here,
    there,
    seen: () => readFileSync(witness, "utf8").split("\n").filter(Boolean),
    kill: () => child.process.kill("SIGKILL"),
    async runs(): Promise<number> {
      return ((await (await fetch(`${here.api}/runs`)).json()) as { total: number }).total;
    },
    async [Symbol.asyncDispose]() {
      await child[Symbol.asyncDispose]();
      await here[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

onSharedData((open) => {
  test("a stream is joined in another process as it goes, and shows how it ended when its process is killed; afterwards too", async () => {
    await using data = await open();
    await using site = await setUp(data);
    const ask = postJson({ messages: "hi" }, KEY);
    const first = await frames(`${site.there}/agents/a/stream`, ask);
    const seen: string[] = [];
    while (!seen.at(-1)?.includes('"two "')) seen.push((await first.next()) ?? "");
    const joined = await frames(`${site.here.api}/agents/a/stream`, ask);
    const shown: string[] = [];
    while (shown.length < seen.length) shown.push((await joined.next()) ?? "");
    expect(shown).toEqual(seen);
    site.kill();
    const rest = await joined.rest();
    expect(rest.map((frame) => chunkOf(frame).type)).toEqual(["error", "[DONE]"]);
    const again = await (await frames(`${site.here.api}/agents/a/stream`, ask)).rest();
    expect(again.join("")).toBe([...shown, ...rest].join(""));
    expect([site.seen(), await site.runs()]).toEqual([["model"], 1]);
  }, 30_000);

  test("an answer whose process was killed is not worked out again: a repeat is told of the run, each time", async () => {
    await using data = await open();
    await using site = await setUp(data);
    const ask = postJson({ messages: "hi" }, KEY);
    void fetch(`${site.there}/agents/a/generate`, ask).catch(() => undefined);
    await expect.poll(() => site.seen(), { timeout: 10_000 }).toEqual(["model"]);
    site.kill();
    for (let i = 0; i < 2; i++) {
      const again = await fetch(`${site.here.api}/agents/a/generate`, ask);
      const { runs } = (await (await fetch(`${site.here.api}/runs`)).json()) as { runs: { runId: string }[] };
      expect([again.status, await again.json()]).toMatchObject([
        409,
        { code: "CONFLICT", error: expect.stringContaining(`${runs[0]?.runId}`) },
      ]);
    }
    expect([site.seen(), await site.runs()]).toEqual([["model"], 1]);
    const anew = await fetch(`${site.here.api}/agents/a/generate`, postJson({ messages: "hi" }, { "idempotency-key": "another" }));
    expect(await anew.json()).toMatchObject({ text: "answer" });
  }, 30_000);

  test("a workflow's run whose process was killed goes on, and a repeat gets what comes of it", async () => {
    await using data = await open();
    await using site = await setUp(data);
    const ask = postJson({ inputData: 1 }, KEY);
    void fetch(`${site.there}/workflows/w/start-async`, ask).catch(() => undefined);
    await expect.poll(() => site.seen(), { timeout: 10_000 }).toEqual(["first", "second"]);
    site.kill();
    const replies = await Promise.all([1, 2].map(async () => fetch(`${site.here.api}/workflows/w/start-async`, ask)));
    const [one, other] = await Promise.all(replies.map(async (reply) => (await reply.json()) as object));
    expect(one).toMatchObject({ status: "success", result: 3 });
    expect(other).toEqual(one);
    expect([site.seen(), await site.runs()]).toEqual([["first", "second", "second"], 1]);
  }, 30_000);

  test("a workflow's stream is joined in another process as it goes, and goes on there", async () => {
    await using data = await open();
    await using site = await setUp(data);
    const { runId } = (await (await fetch(`${site.there}/workflows/w/create-run`, postJson({}))).json()) as { runId: string };
    const ask = postJson({ inputData: 1 }, KEY);
    const path = `workflows/w/stream?runId=${runId}`;
    const first = await frames(`${site.there}/${path}`, ask, "\u001E");
    const seen = [await first.next(), await first.next(), await first.next(), await first.next()];
    const joined = await frames(`${site.here.api}/${path}`, ask, "\u001E");
    const shown = [await joined.next(), await joined.next(), await joined.next(), await joined.next()];
    expect(shown).toEqual(seen);
    site.kill();
    expect((await joined.rest()).at(-1)).toContain('"workflowStatus":"success"');
    expect(site.seen()).toEqual(["first", "second", "second"]);
  }, 30_000);
});
