import { describe, expect, test } from "vitest";
import { callParts, chunksOf, turnModel, typesOf } from "../../test/support/turn-model.ts";
import { textParts } from "../../test/support/scripted-model.ts";
import { createTool } from "../tools/index.ts";
import { Agent } from "./agent.ts";

function agent(...turns: Parameters<typeof turnModel>): { agent: Agent; model: ReturnType<typeof turnModel> } {
  const model = turnModel(...turns);
  return { model, agent: new Agent({ id: "a", name: "A", instructions: "", model }) };
}

const LONG = textParts(...Array.from({ length: 1_000 }, (_, index) => `${index} `));

/** Enough turns of the event loop for everything that can go on to have gone on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test("several readers each see everything", async () => {
  const stream = await agent(LONG).agent.stream("hi");
  const [one, two, text] = await Promise.all([
    Array.fromAsync(stream.fullStream),
    Array.fromAsync(stream.fullStream),
    Array.fromAsync(stream.textStream),
  ]);
  expect(one).toEqual(two);
  expect([one.length, text.length]).toEqual([1_006, 1_000]);
});

test("a reader that comes late sees everything", async () => {
  const stream = await agent("x").agent.stream("hi");
  await stream.text;
  expect(typesOf(await chunksOf(stream))).toEqual(["start", "step-start", "text-start", "text-delta", "text-end", "step-finish", "finish"]);
});

test("a result can be awaited without reading", async () => {
  const stream = await agent(LONG).agent.stream("hi");
  expect((await stream.text).length).toBeGreaterThan(3_000);
  expect([await stream.finishReason, (await stream.steps).length, await stream.toolCalls]).toEqual(["stop", 1, []]);
});

test("a stream that nobody reads asks nothing of the model", async () => {
  const { agent: subject, model } = agent("x");
  await subject.stream("hi");
  await settle();
  expect(model.calls.length).toBe(0);
});

test("a stream that was looked at and never read holds nothing up", async () => {
  const stream = await agent(LONG).agent.stream("hi");
  const { fullStream, textStream } = stream;
  expect((await Array.fromAsync(textStream)).length).toBe(1_000);
  expect((await Array.fromAsync(fullStream)).length).toBe(1_006);
});

test("a slow reader slows the model down", async () => {
  let given = 0;
  const source = new ReadableStream(
    {
      pull(controller) {
        const part = LONG[given++];
        if (part) controller.enqueue(part);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const stream = await agent(() => source).agent.stream("hi");
  const reader = stream.fullStream.getReader();
  await reader.read();
  await settle();
  expect(given).toBeLessThan(100);
  for (let read = 0; read < 200; read++) await reader.read();
  await settle();
  expect(given).toBeGreaterThan(200);
  expect(given).toBeLessThan(300);
});

test("tools that write at the same time all go on when the reader does", async () => {
  const write = createTool({
    id: "w",
    description: "w",
    execute: async (_input, { writer }) => {
      for (let line = 0; line < 100; line++) await writer.write(line);
      return "done";
    },
  });
  const model = turnModel(callParts(["write"], ["write"], ["write"]), "end");
  const stream = await new Agent({ id: "a", name: "A", instructions: "", model, tools: { write } }).stream("hi");
  const types = typesOf(await chunksOf(stream));
  expect(types.filter((type) => type === "tool-output")).toHaveLength(300);
  expect(types.at(-1)).toBe("finish");
});

describe("leaving", () => {
  test("the last reader that leaves cancels the run", async () => {
    const aborted = Promise.withResolvers<void>();
    const stream = await agent(LONG).agent.stream("hi", { onAbort: () => aborted.resolve() });
    const [one, two] = [stream.fullStream.getReader(), stream.fullStream.getReader()];
    await one.read();
    await two.read();
    await one.cancel();
    await settle();
    expect((await two.read()).done).toBe(false);
    await two.cancel();
    await aborted.promise;
    await expect(stream.text).rejects.toMatchObject({ name: "AbortError" });
  });

  test("it does not when somebody waits for the result", async () => {
    const stream = await agent(LONG).agent.stream("hi");
    const text = stream.text;
    await stream.fullStream.cancel();
    expect((await text).length).toBeGreaterThan(3_000);
  });
});

test("textStream and objectStream show their own alone", async () => {
  const stream = await agent(textParts("a", "b")).agent.stream("hi");
  expect([await Array.fromAsync(stream.textStream), await Array.fromAsync(stream.objectStream)]).toEqual([["a", "b"], []]);
});

test("one agent's stream can be piped into another one's tool", async () => {
  const inner = agent(textParts("a", "b")).agent;
  const relay = createTool({
    id: "relay",
    description: "r",
    execute: async (_input, { writer }) => {
      await (await inner.stream("hi")).textStream.pipeTo(writer);
      return "ok";
    },
  });
  const outer = new Agent({ id: "o", name: "O", instructions: "", model: turnModel(callParts(["relay"]), "end"), tools: { relay } });
  const outputs = (await chunksOf(await outer.stream("hi"))).flatMap((chunk) =>
    chunk.type === "tool-output" && "payload" in chunk ? [chunk.payload.output] : [],
  );
  expect(outputs).toEqual(["a", "b"]);
});

test("consumeStream resolves also when the run fails", async () => {
  await expect((await agent(() => Promise.reject(new Error("x"))).agent.stream("hi")).consumeStream()).resolves.toBeUndefined();
});
