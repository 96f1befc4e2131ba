/** A caller who leaves: what it does to the run, with a storage that keeps runs and without. */
import { afterEach, describe, expect, test } from "vitest";
import { createClient, type Client } from "../../src/client/index.ts";
import { SqliteStore } from "../../src/storage/sqlite/index.ts";
import { startHono } from "../support/test-server.ts";
import { createApp, Journal, type App } from "./app.ts";

const stops: AsyncDisposable[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop[Symbol.asyncDispose]();
});

describe.each([
  ["a storage", true],
  ["no storage", false],
] as const)("with %s", (_, keepsRuns) => {
  async function setUp(): Promise<{ journal: Journal; client: Client<App> }> {
    const journal = new Journal();
    const server = await startHono(createApp(journal, new SqliteStore({ url: ":memory:" }), keepsRuns));
    stops.push(server);
    journal.gate.close();
    return { journal, client: createClient<App>({ baseUrl: server.origin }) };
  }

  test("an aborted stream rejects with the signal's reason, and the model's call is aborted", async () => {
    const { client, journal } = await setUp();
    const controller = new AbortController();
    const reason = new Error("seen enough");
    const reading = async (): Promise<void> => {
      for await (const part of await client.agent("plain").stream("held one two", { abortSignal: controller.signal }))
        if (part.type === "text-delta") controller.abort(reason);
    };
    await expect(reading()).rejects.toBe(reason);
    await expect.poll(() => journal.calls).toMatchObject([{ aborted: true }]);
  });

  test("an aborted generate rejects with the signal's reason, and the model's call is aborted", async () => {
    const { client, journal } = await setUp();
    const controller = new AbortController();
    const reason = new Error("no time");
    const failure = client
      .agent("plain")
      .generate("held one two", { abortSignal: controller.signal })
      .catch((error: unknown) => error);
    await expect.poll(() => journal.calls.length).toBe(1);
    controller.abort(reason);
    expect(await failure).toBe(reason);
    await expect.poll(() => journal.calls).toMatchObject([{ aborted: true }]);
  });

  test("cancel stops the run, and ends the stream", async () => {
    const { client, journal } = await setUp();
    const stream = await client.agent("plain").stream("held one two");
    const types: string[] = [];
    for await (const part of stream) {
      types.push(part.type);
      if (part.type === "text-delta") await stream.cancel();
    }
    expect(types.at(-1)).toBe("text-delta");
    await expect.poll(() => journal.calls).toMatchObject([{ aborted: true }]);
  });

  test("detach ends the stream and nothing else", async () => {
    const { client, journal } = await setUp();
    const stream = await client.agent("plain").stream("held one two");
    for await (const part of stream) if (part.type === "text-delta") stream.detach();
    expect(journal.calls).toMatchObject([{ aborted: false }]);
    journal.gate.open();
  });
});

test("a caller who detaches comes back to the run, and finds its end", async () => {
  const journal = new Journal();
  const server = await startHono(createApp(journal));
  stops.push(server);
  journal.gate.close();
  const client = createClient<App>({ baseUrl: server.origin });
  const stream = await client.agent("plain").stream("held one two", { onAbort: "detach" });
  for await (const part of stream) if (part.type === "text-delta") stream.detach();
  journal.gate.open();
  const { lastEventId } = stream.position;
  const rest = await client.runs.stream({ params: { runId: stream.runId! }, query: { after: lastEventId } });
  expect((await Array.fromAsync(rest)).map(({ type }) => type)).toEqual(["text-delta", "text-end", "step-finish", "finish"]);
});
