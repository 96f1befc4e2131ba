import { describe, expect, test } from "vitest";
import { z } from "zod";
import { callParts, chunksOf, payloads, turnModel, typesOf, type TurnModel } from "../../../test/support/turn-model.ts";
import { toolCallParts } from "../../../test/support/part-model.ts";
import { FermataError } from "../../errors.ts";
import { createTool, type AnyTool } from "../../tools/index.ts";
import { Agent } from "../agent.ts";

function agent(model: TurnModel, tools: Record<string, AnyTool>): Agent {
  return new Agent({ id: "a", name: "A", instructions: "", model, tools });
}

/** What the model was told of the first call. */
function told(model: TurnModel): unknown {
  const message = model.calls[1]?.prompt.find(({ role }) => role === "tool");
  const part = message?.role === "tool" ? message.content[0] : undefined;
  return part?.type === "tool-result" ? part.output : undefined;
}

const city = createTool({ id: "city", description: "c", inputSchema: z.object({ name: z.string() }), execute: ({ name }) => ({ name }) });

describe("what goes wrong with a call is told to the model, and the run goes on", () => {
  test("arguments that are not JSON", async () => {
    const model = turnModel(toolCallParts("city", "{oops"), "ok");
    const chunks = await chunksOf(await agent(model, { city }).stream("hi"));
    expect(payloads(chunks, "tool-result")[0]?.result).toMatchObject({ error: true, message: expect.stringContaining("not valid JSON") });
    expect(payloads(chunks, "finish")[0]?.output.text).toBe("ok");
  });

  test("arguments that do not fit: a tool-result, not a tool-error", async () => {
    const model = turnModel(callParts(["city", { name: 5 }]), "ok");
    const chunks = await chunksOf(await agent(model, { city }).stream("hi"));
    expect(payloads(chunks, "tool-result")[0]?.result).toMatchObject({
      error: true,
      validationErrors: { fields: { name: { errors: [expect.any(String)] } } },
    });
    expect(typesOf(chunks)).not.toContain("tool-error");
    expect(told(model)).toMatchObject({ type: "json", value: { error: true } });
  });

  test("an unknown tool", async () => {
    const model = turnModel(callParts(["nope"]), "ok");
    const chunks = await chunksOf(await agent(model, { city }).stream("hi"));
    expect(payloads(chunks, "tool-error")[0]?.error.name).toBe("ToolNotFoundError");
    expect(told(model)).toEqual({ type: "error-text", value: 'There is no tool called "nope".' });
  });

  test.each([
    ["an error", () => new Error("disk full"), "disk full"],
    ["a text", () => "bang", "bang"],
    ["nothing", () => undefined, "undefined"],
  ])("a tool that throws %s", async (_what, thrown, message) => {
    const broken = createTool({ id: "broken", description: "b", execute: () => new Promise((_resolve, reject) => reject(thrown())) });
    const model = turnModel(callParts(["broken"]), "ok");
    const chunks = await chunksOf(await agent(model, { broken }).stream("hi"));
    expect(payloads(chunks, "tool-error")[0]?.error).toMatchObject({ message: 'Tool "broken" failed.', id: "TOOL_EXECUTION_FAILED" });
    expect(told(model)).toEqual({ type: "error-text", value: message });
    expect(typesOf(chunks).at(-1)).toBe("finish");
  });

  test("the message of a coded error is shown", async () => {
    const broken = createTool({
      id: "b",
      description: "b",
      execute: () => Promise.reject(new FermataError("CONFLICT", "Already booked.")),
    });
    const chunks = await chunksOf(await agent(turnModel(callParts(["broken"]), "ok"), { broken }).stream("hi"));
    expect(payloads(chunks, "tool-error")[0]?.error).toMatchObject({ message: "Already booked.", code: "CONFLICT" });
  });

  test("a result that does not fit the output schema", async () => {
    const wrong = createTool({
      id: "w",
      description: "w",
      outputSchema: z.object({ n: z.number() }),
      execute: () => ({ n: "x" }) as unknown as { n: number },
    });
    const model = turnModel(callParts(["wrong"]), "ok");
    await agent(model, { wrong }).generate("hi");
    expect(told(model)).toMatchObject({
      type: "json",
      value: { error: true, message: expect.stringContaining("output validation failed") },
    });
  });

  test("a toModelOutput that throws", async () => {
    const odd = createTool({
      id: "odd",
      description: "o",
      execute: () => 1,
      toModelOutput: () => {
        throw new Error("no form");
      },
    });
    const model = turnModel(callParts(["odd"]), "ok");
    expect((await agent(model, { odd }).generate("hi")).text).toBe("ok");
    expect(told(model)).toEqual({ type: "error-text", value: "no form" });
  });
});

const loop: Record<string, unknown> = { name: "loop" };
loop.self = loop;

test.each<[string, unknown, unknown]>([
  ["undefined", undefined, { type: "json", value: null }],
  ["a BigInt", { n: 12n }, { type: "json", value: { n: "12" } }],
  ["a cycle", loop, { type: "json", value: { name: "loop", self: "[circular]" } }],
  ["a Map and a Set", new Map([["a", new Set([1])]]), { type: "json", value: { a: [1] } }],
  ["a Date", { at: new Date(0) }, { type: "json", value: { at: "1970-01-01T00:00:00.000Z" } }],
  ["NaN", { n: Number.NaN }, { type: "json", value: { n: null } }],
  ["a text", "plain", { type: "text", value: "plain" }],
  [
    "a value that looks like the model's own form",
    { type: "error-text", value: "mine" },
    { type: "json", value: { type: "error-text", value: "mine" } },
  ],
  [
    "a value that cannot be read",
    {
      get secret() {
        throw new Error("locked");
      },
    },
    { type: "json", value: "[not JSON: locked]" },
  ],
])("a result that is %s reaches the model", async (_what, result, output) => {
  const give = createTool({ id: "give", description: "g", execute: () => result });
  const model = turnModel(callParts(["give"]), "ok");
  expect((await agent(model, { give }).generate("hi")).text).toBe("ok");
  expect(told(model)).toEqual(output);
});

test("a result of a million characters reaches the model whole", async () => {
  const give = createTool({ id: "give", description: "g", execute: () => "x".repeat(1_000_000) });
  const model = turnModel(callParts(["give"]), "ok");
  await agent(model, { give }).generate("hi");
  expect(JSON.stringify(told(model)).length).toBeGreaterThan(1_000_000);
});

test("toModelOutput changes what the model sees and not what the caller sees", async () => {
  const give = createTool({ id: "give", description: "g", execute: () => ({ secret: 1, shown: 2 }), toModelOutput: () => "two" });
  const model = turnModel(callParts(["give"]), "ok");
  const { toolResults } = await agent(model, { give }).generate("hi");
  expect(told(model)).toEqual({ type: "text", value: "two" });
  expect(toolResults[0]?.payload.result).toEqual({ secret: 1, shown: 2 });
});

describe("calls run at the same time", () => {
  /** Counts the calls under way; each ends when as many as expected have begun, or all have. */
  async function mostAtOnce(
    calls: number,
    limit: number,
    options: { toolCallConcurrency?: number; requireToolApproval?: false },
  ): Promise<number> {
    let running = 0;
    let most = 0;
    let begun = 0;
    const waiting: (() => void)[] = [];
    const tool = createTool({
      id: "t",
      description: "t",
      execute: async () => {
        begun++;
        most = Math.max(most, ++running);
        if (running === limit || begun === calls) for (const go of waiting.splice(0)) go();
        else await new Promise<void>((resolve) => waiting.push(resolve));
        running--;
        return "ok";
      },
    });
    await agent(turnModel(callParts(...Array.from({ length: calls }, () => ["t"] as const)), "ok"), { t: tool }).generate("hi", options);
    return most;
  }

  test("ten by default", async () => expect(await mostAtOnce(12, 10, {})).toBe(10));
  test("as many as toolCallConcurrency says", async () => expect(await mostAtOnce(6, 3, { toolCallConcurrency: 3 })).toBe(3));
  test("one where calls may need approval", async () => expect(await mostAtOnce(3, 1, { requireToolApproval: false })).toBe(1));
  test.each([0, -1, Number.NaN])("a toolCallConcurrency of %s is refused", async (toolCallConcurrency) => {
    await expect(mostAtOnce(1, 1, { toolCallConcurrency })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  test("results are told to the model in the order of the calls", async () => {
    const gate = Promise.withResolvers<void>();
    const slow = createTool({ id: "s", description: "s", execute: () => gate.promise.then(() => "slow") });
    const fast = createTool({ id: "f", description: "f", execute: () => (gate.resolve(), "fast") });
    const model = turnModel(callParts(["slow"], ["fast"]), "ok");
    await agent(model, { slow, fast }).generate("hi");
    const message = model.calls[1]?.prompt.find(({ role }) => role === "tool");
    expect(message?.content).toMatchObject([{ toolName: "slow" }, { toolName: "fast" }]);
  });
});

describe("what a tool is given", () => {
  test("the run's context, signal and writer", async () => {
    const seen: unknown[] = [];
    const probe = createTool({
      id: "probe",
      description: "p",
      execute: async (_input, { agent: by, abortSignal, mastra, writer, requestContext }) => {
        seen.push(by?.agentId, by?.toolCallId, abortSignal.aborted, mastra, requestContext.size());
        await writer.write({ half: 1 });
        await writer.custom({ type: "data-progress", data: 50, transient: true });
        return "ok";
      },
    });
    const chunks = await chunksOf(await agent(turnModel(callParts(["probe"]), "ok"), { probe }).stream("hi"));
    expect(seen).toEqual(["a", "call-1", false, undefined, 0]);
    expect(payloads(chunks, "tool-output")[0]).toEqual({ output: { half: 1 }, toolCallId: "call-1", toolName: "probe" });
    expect(chunks).toContainEqual({ type: "data-progress", data: 50, transient: true });
  });

  test("a stream can be piped into its writer", async () => {
    const pipe = createTool({
      id: "pipe",
      description: "p",
      execute: async (_input, { writer }) => {
        await new ReadableStream<string>({
          start(controller) {
            for (const letter of "abc") controller.enqueue(letter);
            controller.close();
          },
        }).pipeTo(writer);
        return "ok";
      },
    });
    const chunks = await chunksOf(await agent(turnModel(callParts(["pipe"]), "ok"), { pipe }).stream("hi"));
    expect(payloads(chunks, "tool-output").map(({ output }) => output)).toEqual(["a", "b", "c"]);
  });

  test("its writer does not let it write the run's own chunks", async () => {
    const forge = createTool({
      id: "forge",
      description: "f",
      execute: (_input, { writer }) => writer.custom({ type: "finish", data: 1 } as unknown as { type: "data-x"; data: unknown }),
    });
    const chunks = await chunksOf(await agent(turnModel(callParts(["forge"]), "ok"), { forge }).stream("hi"));
    expect(typesOf(chunks).filter((type) => type === "finish")).toHaveLength(1);
    expect(typesOf(chunks)).toContain("tool-error");
  });

  test("what it writes after the end of the run is not shown", async () => {
    let late: (() => Promise<void>) | undefined;
    const leaky = createTool({
      id: "leaky",
      description: "l",
      execute: (_input, { writer }) => {
        late = () => writer.write("late");
        return "ok";
      },
    });
    const stream = await agent(turnModel(callParts(["leaky"]), "ok"), { leaky }).stream("hi");
    await stream.text;
    await late?.();
    expect(typesOf(await chunksOf(stream)).at(-1)).toBe("finish");
  });
});
