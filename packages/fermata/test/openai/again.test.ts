/** Responses in the background whose process is gone: another one begins them again, unless something has happened that must not happen twice. */
import { expect, test } from "vitest";
import { AGAIN, whyNotAgain } from "../../src/agents/keeping/orphan.ts";
import { Memory } from "../../src/memory/memory.ts";
import { createTool } from "../../src/tools/tool.ts";
import { startChild } from "../support/child.ts";
import { frames, postJson, sqliteData, steppedModel, turnServer, type SharedData, type TurnServer } from "../support/turn-servers.ts";
import { turnModel } from "../support/turn-model.ts";
import { checkOrder, readEvents } from "./event-order.ts";

interface Response {
  readonly id: string;
  readonly status: string;
  readonly conversation_id: string;
  readonly output: { readonly content?: { readonly text: string }[] }[];
  readonly error: { readonly code: string; readonly message: string } | null;
}

const get = async <T = Response>(server: TurnServer, path: string): Promise<T> =>
  (await (await fetch(`${server.api}/v1/${path}`)).json()) as T;

/** Has a process begin a response, waits for `until`, and kills it. */
async function begunAndKilled(
  data: SharedData,
  input: string,
  until: (id: string, line: (text: string) => Promise<string>) => Promise<unknown>,
): Promise<string> {
  await using child = startChild({ DATA_URL: data.url }, new URL("../support/response-child.ts", import.meta.url));
  const api = `${(await child.line("serving ")).slice("serving ".length)}/api/v1`;
  const created = await fetch(`${api}/responses`, postJson({ model: "a", input, background: true }));
  const { id } = (await created.json()) as Response;
  await until(id, child.line);
  child.process.kill("SIGKILL");
  await child.exited;
  return id;
}

const ended = async (server: TurnServer, id: string): Promise<Response> => {
  await expect.poll(async () => (await get(server, `responses/${id}`)).status, { timeout: 15_000 }).not.toBe("in_progress");
  return get(server, `responses/${id}`);
};

test("after kill -9 a response begins again in another process, and has what that one said", async () => {
  await using data = sqliteData();
  const model = turnModel("all of it", "and more");
  await using server = await turnServer(data, { model, memory: new Memory() });
  const id = await begunAndKilled(data, "words", async (response) => {
    await expect.poll(async () => JSON.stringify(await get(server, `responses/${response}`))).toContain("one two ");
  });
  const stream = await frames(`${server.api}/v1/responses/${id}?stream=true`);
  const events = readEvents((await stream.rest()).join(""));
  const response = await ended(server, id);
  expect(response.status).toBe("completed");
  expect(response.output.map(({ content }) => content?.[0]?.text)).toEqual(["all of it"]);
  // Who reads along sees the first beginning end, and the second one come.
  expect(checkOrder(events)).toEqual(response);
  expect(events.flatMap(({ type, text }) => (type === "response.output_text.done" ? [text] : []))).toEqual(["one two ", "all of it"]);

  const items = await get<{ data: unknown[] }>(server, `conversations/${response.conversation_id}/items`);
  expect(items.data).toMatchObject([
    { role: "user", content: [{ text: "words" }] },
    { role: "assistant", content: [{ text: "all of it" }] },
  ]);
  expect(await get(server, `responses/${id}/input_items`)).toMatchObject({ data: [{ role: "user", content: [{ text: "words" }] }] });
  const next = await fetch(`${server.api}/v1/responses`, postJson({ model: "a", input: "go on", previous_response_id: id }));
  expect(await next.json()).toMatchObject({ status: "completed", output: [{ content: [{ text: "and more" }] }] });
});

test("after kill -9 in the middle of a tool a response has failed, and the tool is not called a second time", async () => {
  await using data = sqliteData();
  const id = await begunAndKilled(data, "a letter, please", (_id, line) => line("sent"));
  let calls = 0;
  const send = createTool({ id: "send", description: "Sends a letter", execute: async () => ++calls });
  const model = turnModel("never asked");
  await using server = await turnServer(data, { model, tools: { send }, memory: new Memory() });
  expect(await ended(server, id)).toMatchObject({
    status: "failed",
    error: { code: "server_error", message: expect.stringContaining("Tools had been called") },
  });
  expect([model.calls.length, calls]).toEqual([0, 0]);
});

test("a process that is stopped hands its responses over", async () => {
  await using data = sqliteData();
  const model = steppedModel(["one ", "two ", "three"]);
  const one = await turnServer(data, { model: model.model });
  const created = await fetch(`${one.api}/v1/responses`, postJson({ model: "a", input: "hi", background: true }));
  const { id } = (await created.json()) as Response;
  await one[Symbol.asyncDispose]();
  await using two = await turnServer(data, { model: turnModel("all of it") });
  two.mastra.start();
  expect(await ended(two, id)).toMatchObject({ status: "completed", output: [{ content: [{ text: "all of it" }] }] });
});

test("a turn that takes its process with it three times is not begun a fourth time", () => {
  const journal = (losses: number): Map<string, unknown> =>
    new Map(Array.from({ length: losses }, (_, index) => [`${AGAIN}#${index}`, true]));
  expect([0, 2, 3].map((losses) => whyNotAgain(journal(losses), []) === undefined)).toEqual([true, true, false]);
});
