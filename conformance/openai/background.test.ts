/** Responses in the background through OpenAI's own client. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { isPeer, startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { all, connect, failureOf, getTime } from "./connect.ts";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

const TERMINAL = ["completed", "failed", "cancelled", "incomplete"];

/** Asks until the response has ended, as OpenAI's guide does it. */
async function poll(id: string) {
  const openai = connect(server.url);
  let response = await openai.responses.retrieve(id);
  await expect
    .poll(
      async () => {
        response = await openai.responses.retrieve(id);
        return TERMINAL.includes(response.status ?? "");
      },
      { timeout: 15_000 },
    )
    .toBe(true);
  return response;
}

test.skipIf(isPeer)("a response in the background is polled until it is complete", async () => {
  const openai = connect(server.url);
  const created = await openai.responses.create({ model: "plainAgent", input: "hello", background: true });
  expect(created).toMatchObject({ status: "queued", background: true, output_text: "" });
  expect(await poll(created.id)).toMatchObject({ status: "completed", output_text: "Echo: hello", background: true });
  const items = await all(openai.responses.inputItems.list(created.id));
  expect(items).toMatchObject([{ type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] }]);
});

test.skipIf(isPeer)("its stream goes on after the event that was seen last", async () => {
  const openai = connect(server.url);
  const stream = await openai.responses.create({ model: "plainAgent", input: "slow", background: true, stream: true });
  let seen = 0;
  let id = "";
  for await (const event of stream) {
    if (event.type === "response.created") id = event.response.id;
    seen = event.sequence_number;
    if (event.type === "response.output_text.delta") break; // which closes the connection
  }
  const rest = await all(await openai.responses.retrieve(id, { stream: true, starting_after: seen }));
  expect(rest.map(({ sequence_number }) => sequence_number)).toEqual(rest.map((_, index) => seen + 1 + index));
  expect(rest.at(-1)).toMatchObject({ type: "response.completed", response: { id, status: "completed" } });
});

test.skipIf(isPeer)("it is cancelled, once", async () => {
  const openai = connect(server.url);
  const { id } = await openai.responses.create({ model: "plainAgent", input: "slow", background: true });
  expect(await openai.responses.cancel(id)).toMatchObject({ id, status: "cancelled" });
  expect(await failureOf(openai.responses.cancel(id))).toMatchObject({ status: 409, code: "not_cancellable" });
  expect(await poll(id)).toMatchObject({ status: "cancelled" });
});

test.skipIf(isPeer)("a failure in the background is told as one", async () => {
  const openai = connect(server.url);
  const { id } = await openai.responses.create({ model: "plainAgent", input: "throwmodel", background: true });
  expect(await poll(id)).toMatchObject({ status: "failed", error: { code: expect.any(String), message: expect.any(String) } });
});

test.skipIf(isPeer)("a caller's function is called from the background, and its output goes on", async () => {
  const openai = connect(server.url);
  const { id } = await openai.responses.create({
    model: "toolAgent",
    input: "client, what time is it?",
    tools: [getTime],
    background: true,
  });
  const [called] = (await poll(id)).output;
  expect(called).toMatchObject({ type: "function_call", name: "getTime" });
  const output = [
    { type: "function_call_output" as const, call_id: called?.type === "function_call" ? called.call_id : "", output: "12:00" },
  ];
  const next = await openai.responses.create({
    model: "toolAgent",
    input: output,
    tools: [getTime],
    previous_response_id: id,
    background: true,
  });
  expect((await poll(next.id)).output_text).toBe('Tool getTime said "12:00"');
});
