/** Turns of agents as runs: read again, read by others, cut, left, cancelled and answered, on one server and on another that shares the store. */
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { AGENT_KIND } from "../../src/agents/keeping/kept-turn.ts";
import { LOCAL_PRINCIPAL } from "../../src/context/principal.ts";
import { createRoutes } from "../../src/server/server.ts";
import { createTool } from "../../src/tools/tool.ts";
import { startChild } from "../support/child.ts";
import { onSharedData } from "../support/on-shared-data.ts";
import { chunkOf, frames, idOf, postJson, sqliteData, steppedModel, turnServer } from "../support/turn-servers.ts";
import { callParts, turnModel } from "../support/turn-model.ts";

const IDS = { "x-fermata-stream": "ids" };
const WORDS = ["one ", "two ", "three ", "four"];

async function getJson(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(url)).json()) as Record<string, unknown>;
}

onSharedData((open) => {
  test("a stream that is cut after any event goes on byte for byte, here or on another server, while it happens and afterwards", async () => {
    await using data = await open();
    const model = steppedModel(WORDS);
    await using one = await turnServer(data, { model: model.model });
    await using two = await turnServer(data, {});
    const count = 10;
    for (let cutAfter = 1; cutAfter <= count; cutAfter++) {
      model.reset();
      const first = await frames(`${one.api}/agents/a/stream`, postJson({ messages: "hi" }, IDS));
      const seen: string[] = [];
      while (seen.length < cutAfter) {
        const waiting = first.next();
        const soon = async (): Promise<string | undefined> => Promise.race([waiting, delay(5, undefined)]);
        let frame = await soon();
        while (frame === undefined) {
          // The model says the next word when nothing comes without it.
          model.step();
          frame = await soon();
        }
        seen.push(frame);
      }
      first.cut();
      const { runId } = chunkOf(seen[0]);
      const after = idOf(seen.findLast((frame) => idOf(frame) !== ""));
      const again = await frames(`${(cutAfter % 2 ? one : two).api}/runs/${runId}/stream`, { headers: { "last-event-id": after } });
      await model.finish();
      const rest = await again.rest();
      const whole = await (await frames(`${two.api}/runs/${runId}/stream`)).rest();
      expect(whole).toHaveLength(count + 1);
      expect([...seen.filter((frame) => idOf(frame) !== ""), ...rest].join("")).toBe(whole.join(""));
    }
  });

  test("observe gives the official client the frames of the stream, all of them or those after a number", async () => {
    await using data = await open();
    await using one = await turnServer(data, { model: turnModel("hello") });
    await using two = await turnServer(data, {});
    const given = await (await frames(`${one.api}/agents/a/stream`, postJson({ messages: "hi", runId: "r" }))).rest();
    for (const { api } of [one, two]) {
      expect(await (await frames(`${api}/agents/a/observe`, postJson({ runId: "r" }))).rest()).toEqual(given);
      expect(await (await frames(`${api}/agents/a/observe`, postJson({ runId: "r", offset: 3 }))).rest()).toEqual(given.slice(3));
    }
    expect((await frames(`${one.api}/agents/a/observe`, postJson({ runId: "unknown" }))).status).toBe(404);
    expect((await frames(`${one.api}/agents/a/recover`, postJson({ runId: "unknown" }))).status).toBe(404);
  });

  test("a run is cancelled from a second connection, on another server: the model stops, and there is one end", async () => {
    await using data = await open();
    const model = steppedModel(WORDS);
    await using one = await turnServer(data, { model: model.model });
    await using two = await turnServer(data, {});
    const stream = await frames(`${one.api}/agents/a/stream`, postJson({ messages: "hi", runId: "r" }, IDS));
    await stream.next();
    const cancelled = await fetch(`${two.api}/runs/r/cancel`, { method: "POST" });
    expect(cancelled.status).toBe(200);
    await model.aborted;
    const rest = await stream.rest();
    expect(rest.map((frame) => chunkOf(frame).type).slice(-2)).toEqual(["abort", "[DONE]"]);
    await expect.poll(async () => (await getJson(`${two.api}/runs/r`)).status).toBe("cancelled");
    expect((await fetch(`${one.api}/runs/r/cancel`, { method: "POST" })).status).toBe(409);
    const events = await two.mastra.runsFor?.({ tenant: "local", subject: "local", scopes: ["*"] }).events({ id: "r", resourceId: "" });
    expect(events?.filter(({ type }) => type !== "chunk").map(({ type }) => type)).toEqual(["abort"]);
  });

  test("the turn of a process that is killed is read on another server as far as it came, and has one end", async () => {
    await using data = await open();
    await using two = await turnServer(data, {});
    await using child = startChild({ DATA_URL: data.url }, new URL("../support/turn-child.ts", import.meta.url));
    const address = (await child.line("serving ")).slice("serving ".length);
    const stream = await frames(`${address}/api/agents/a/stream`, postJson({ messages: "hi", runId: "r" }, IDS));
    const seen: string[] = [];
    while (!seen.at(-1)?.includes('"two "')) seen.push((await stream.next()) ?? "");
    const observer = await frames(`${two.api}/runs/r/stream`);
    const observed: string[] = [];
    while (observed.length < seen.length) observed.push((await observer.next()) ?? "");
    child.process.kill("SIGKILL");
    expect(observed).toEqual(seen);
    const rest = await observer.rest();
    expect(rest.map((frame) => chunkOf(frame).type)).toEqual(["error", "[DONE]"]);
    expect(await getJson(`${two.api}/runs/r`)).toMatchObject({ status: "failed", error: { code: "UNAVAILABLE" } });
    expect((await (await frames(`${two.api}/runs/r/stream`)).rest()).join("")).toBe([...seen, ...rest].join(""));
  });

  test("one who reads it on another server keeps a turn from being given up, and it is given up when that one has left", async () => {
    await using data = await open();
    const model = steppedModel(WORDS);
    await using one = await turnServer(data, { model: model.model });
    await using two = await turnServer(data, {});
    const stream = await frames(`${one.api}/agents/a/stream`, postJson({ messages: "hi", runId: "r", onDisconnect: { graceMs: 100 } }));
    await stream.next();
    const observer = await frames(`${two.api}/runs/r/stream`);
    await observer.next();
    const runs = two.mastra.runsFor?.(LOCAL_PRINCIPAL);
    await expect.poll(async () => runs?.isAttended({ id: "r", resourceId: "" })).toBe(true);
    stream.cut();
    await delay(400);
    expect(await getJson(`${two.api}/runs/r`)).toMatchObject({ status: "running" });
    observer.cut();
    await model.aborted;
    await expect.poll(async () => (await getJson(`${two.api}/runs/r`)).status).toBe("cancelled");
  });

  test("a process that freezes loses its turn, and changes neither log nor end when it wakes", { timeout: 30_000 }, async () => {
    await using data = await open();
    await using two = await turnServer(data, {});
    await using child = startChild({ DATA_URL: data.url }, new URL("../support/turn-child.ts", import.meta.url));
    const address = (await child.line("serving ")).slice("serving ".length);
    const stream = await frames(`${address}/api/agents/a/stream`, postJson({ messages: "hi", runId: "r" }, IDS));
    let frame = await stream.next();
    while (!frame?.includes('"two "')) frame = await stream.next();
    const observer = await frames(`${two.api}/runs/r/stream`);
    while (!frame?.includes("never") && !(await observer.next())?.includes('"two "'));
    child.process.kill("SIGSTOP");
    expect((await observer.rest()).map((shown) => chunkOf(shown).type)).toEqual(["error", "[DONE]"]);
    const log = await (await frames(`${two.api}/runs/r/stream`)).rest();
    child.process.kill("SIGCONT");
    // The turn that it had is stopped where it stands, and it works on.
    const last = (await stream.rest()).map((shown) => chunkOf(shown).type);
    expect(last.at(-1)).toBe("[DONE]");
    expect(await (await frames(`${two.api}/runs/r/stream`)).rest()).toEqual(log);
    expect(await getJson(`${two.api}/runs/r`)).toMatchObject({ status: "failed", error: { code: "UNAVAILABLE" } });
    const again = await frames(`${address}/api/agents/a/stream`, postJson({ messages: "hi", runId: "s" }, IDS));
    expect(chunkOf(await again.next()).type).toBe("start");
  });

  test("with full durability nobody sees a chunk that is not on disk", async () => {
    await using data = await open();
    const model = steppedModel(WORDS);
    await using one = await turnServer(data, { model: model.model, durability: "full" });
    const { runs } = data.open().for(LOCAL_PRINCIPAL);
    void model.finish();
    const stream = await frames(`${one.api}/agents/a/stream`, postJson({ messages: "hi", runId: "r" }, IDS));
    for (let frame = await stream.next(); idOf(frame) !== ""; frame = await stream.next()) {
      expect((await runs.events("r")).at(-1)?.seq).toBeGreaterThanOrEqual(Number(idOf(frame)));
    }
    expect(await runs.get("r")).toMatchObject({ status: "done" });
  });

  test("without a log a turn leaves nothing", async () => {
    await using data = await open();
    await using one = await turnServer(data, { model: turnModel("hello"), durability: "memory" });
    const reply = await fetch(`${one.api}/agents/a/generate`, postJson({ messages: "hi", runId: "r" }));
    expect(await reply.json()).toMatchObject({ text: "hello" });
    expect((await fetch(`${one.api}/runs/r`)).status).toBe(404);
    expect((await frames(`${one.api}/agents/a/recover`, postJson({ runId: "r" }))).status).toBe(400);
  });

  test("a tool call that waits is approved on another server, once; the log goes on there", async () => {
    await using data = await open();
    const guarded = createTool({ id: "guarded", description: "Needs approval", requireApproval: true, execute: () => "done" });
    await using one = await turnServer(data, { tools: { guarded }, model: turnModel(callParts(["guarded"])) });
    await using two = await turnServer(data, { tools: { guarded }, model: turnModel("All done.") });
    const asked = await (await frames(`${one.api}/agents/a/stream`, postJson({ messages: "hi", runId: "r" }, IDS))).rest();
    expect(chunkOf(asked.at(-2)).type).toBe("tool-call-approval");
    expect(await getJson(`${two.api}/runs/r`)).toMatchObject({ status: "suspended" });
    const answers = await Promise.all(
      [two, two, two].map(async ({ api }) => frames(`${api}/agents/a/approve-tool-call`, postJson({ runId: "r" }, IDS))),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
    const answered = await answers.find(({ status }) => status === 200)?.rest();
    expect(chunkOf(answered?.[0]).type).toBe("tool-result");
    const whole = await (await frames(`${one.api}/runs/r/stream`)).rest();
    expect(whole.join("")).toBe([...asked.slice(0, -1), ...(answered ?? [])].join(""));
    expect(await getJson(`${one.api}/runs/r`)).toMatchObject({ status: "done", text: "All done.", finishReason: "stop" });
  });
});

describe("readers who leave", () => {
  test("a turn that is kept goes on for whoever comes back; one who reads its log keeps it from being given up", async () => {
    await using data = sqliteData();
    const model = steppedModel(WORDS);
    await using server = await turnServer(data, { model: model.model });
    const stream = await frames(
      `${server.api}/agents/a/stream`,
      postJson({ messages: "hi", runId: "r", onDisconnect: { graceMs: 200 } }, IDS),
    );
    const start = await stream.next();
    const observer = await frames(`${server.api}/agents/a/observe`, postJson({ runId: "r" }));
    expect(await observer.next()).toBe(start?.replace(/^id: .*\n/, ""));
    stream.cut();
    await delay(400);
    await model.finish();
    expect((await observer.rest()).at(-2)).toContain('"type":"finish"');
  });

  test("with onDisconnect cancel the model stops at once, and the log says so", async () => {
    await using data = sqliteData();
    const model = steppedModel(WORDS);
    await using server = await turnServer(data, { model: model.model, onDisconnect: "cancel" });
    const stream = await frames(`${server.api}/agents/a/stream`, postJson({ messages: "hi", runId: "r" }));
    await stream.next();
    stream.cut();
    await model.aborted;
    await expect.poll(async () => (await getJson(`${server.api}/runs/r`)).status).toBe("cancelled");
  });

  test("with onDisconnect continue a generate runs to its end for nobody", async () => {
    await using data = sqliteData();
    const model = steppedModel(WORDS);
    await using server = await turnServer(data, { model: model.model });
    const leaving = new AbortController();
    const body = postJson({ messages: "hi", runId: "r", onDisconnect: "continue" });
    const call = fetch(`${server.api}/agents/a/generate`, { ...body, signal: leaving.signal });
    call.catch(() => undefined);
    await expect.poll(() => model.calls).toBe(1);
    leaving.abort();
    await model.finish();
    await expect.poll(async () => (await getJson(`${server.api}/runs/r`)).text).toBe(WORDS.join(""));
  });

  test("a repeat of a call whose reply was never delivered joins the first run; another call does not", async () => {
    await using data = sqliteData();
    const model = steppedModel(WORDS);
    await using server = await turnServer(data, { model: model.model });
    const route = createRoutes({ mastra: server.mastra }).find(({ id }) => id === "agents.generate");
    const ask = (messages: string, init: RequestInit = {}): Promise<Response> | undefined => {
      const request = new Request("http://test/api/agents/a/generate", { ...postJson({ messages }), ...init });
      return route?.handle({ request, params: { agentId: "a" }, query: {} });
    };
    const leaving = new AbortController();
    const first = ask("hi", { signal: leaving.signal });
    await expect.poll(() => model.calls).toBe(1);
    leaving.abort();
    const again = ask("hi");
    await model.finish();
    expect(await (await again)?.json()).toMatchObject({ text: WORDS.join("") });
    await first;
    expect(model.calls).toBe(1);
    model.reset();
    const other = ask("something else");
    await expect.poll(() => model.calls).toBe(2);
    await model.finish();
    await other;
    expect(await getJson(`${server.api}/runs`)).toMatchObject({ total: 2 });
  });
});

describe("the generic routes", () => {
  test("runs are listed newest first, and only those that are asked for", async () => {
    await using data = sqliteData();
    await using server = await turnServer(data, { model: turnModel("a", "b", "c") });
    for (const runId of ["r1", "r2", "r3"])
      await (await fetch(`${server.api}/agents/a/generate`, postJson({ messages: "hi", runId }))).text();
    await expect.poll(async () => (await getJson(`${server.api}/runs?status=done`)).total).toBe(3);
    const page = (await getJson(`${server.api}/runs?kind=${AGENT_KIND}&name=a&perPage=2`)) as {
      runs: { runId: string }[];
      hasMore: boolean;
    };
    expect(page.runs.map(({ runId }) => runId)).toEqual(["r3", "r2"]);
    expect(page.hasMore).toBe(true);
    expect((await getJson(`${server.api}/runs?name=other`)).total).toBe(0);
  });

  test("a failed run says why, a deleted one is gone, and its id is free again", async () => {
    await using data = sqliteData();
    const model = turnModel(() => {
      throw new Error("secret");
    }, "again");
    await using server = await turnServer(data, { model, maxRetries: 0 });
    await (await fetch(`${server.api}/agents/a/generate`, postJson({ messages: "hi", runId: "r" }))).text();
    await expect.poll(async () => (await getJson(`${server.api}/runs/r`)).status).toBe("failed");
    const failed = await getJson(`${server.api}/runs/r`);
    expect(failed.error).toMatchObject({ code: expect.any(String) });
    expect(JSON.stringify(failed)).not.toContain("secret");
    expect((await fetch(`${server.api}/runs/r`, { method: "DELETE" })).status).toBe(200);
    expect((await fetch(`${server.api}/runs/r`)).status).toBe(404);
    expect(await getJson(`${server.api}/runs`)).toMatchObject({ total: 0 });
    const again = await fetch(`${server.api}/agents/a/generate`, postJson({ messages: "hi", runId: "r" }));
    expect(await again.json()).toMatchObject({ text: "again" });
  });

  test("a run that waits is answered without a connection, and read where it went on", async () => {
    await using data = sqliteData();
    const guarded = createTool({ id: "guarded", description: "Needs approval", requireApproval: true, execute: () => "done" });
    await using server = await turnServer(data, { tools: { guarded }, model: turnModel(callParts(["guarded"]), "All done.") });
    await (await fetch(`${server.api}/agents/a/generate`, postJson({ messages: "hi", runId: "r" }))).text();
    expect((await fetch(`${server.api}/runs/r/resume`, postJson({ approve: true }))).status).toBe(200);
    await expect.poll(async () => (await getJson(`${server.api}/runs/r`)).text).toBe("All done.");
    expect((await fetch(`${server.api}/runs/r/resume`, postJson({ approve: true }))).status).toBe(409);
  });

  test("a cancelled run that waited cannot be answered any more", async () => {
    await using data = sqliteData();
    const guarded = createTool({ id: "guarded", description: "Needs approval", requireApproval: true, execute: () => "done" });
    await using server = await turnServer(data, { tools: { guarded }, model: turnModel(callParts(["guarded"])) });
    await (await fetch(`${server.api}/agents/a/generate`, postJson({ messages: "hi", runId: "r" }))).text();
    await expect.poll(async () => (await getJson(`${server.api}/runs/r`)).status).toBe("suspended");
    expect((await fetch(`${server.api}/runs/r/cancel`, { method: "POST" })).status).toBe(200);
    await expect.poll(async () => (await getJson(`${server.api}/runs/r`)).status).toBe("cancelled");
    expect((await fetch(`${server.api}/agents/a/approve-tool-call`, postJson({ runId: "r" }))).status).toBe(409);
    expect(await getJson(`${server.api}/agents/a/suspended-runs`)).toMatchObject({ total: 0 });
  });

  test("a run that is under way can neither be deleted nor begun a second time", async () => {
    await using data = sqliteData();
    const model = steppedModel(WORDS);
    await using server = await turnServer(data, { model: model.model });
    const stream = await frames(`${server.api}/agents/a/stream`, postJson({ messages: "hi", runId: "r" }));
    await stream.next();
    await expect.poll(async () => (await fetch(`${server.api}/runs/r`)).status).toBe(200);
    expect((await fetch(`${server.api}/runs/r`, { method: "DELETE" })).status).toBe(409);
    expect((await fetch(`${server.api}/agents/a/generate`, postJson({ messages: "hi", runId: "r" }))).status).toBe(409);
    await model.finish();
    await stream.rest();
  });
});
