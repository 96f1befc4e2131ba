import { describe, expect, test } from "vitest";
import { z } from "zod";
import { asV2, asV3, callParts, chunksOf, finishPart, payloads, turnModel, typesOf } from "../../../test/support/turn-model.ts";
import { textParts } from "../../../test/support/scripted-model.ts";
import { createTool } from "../../tools/index.ts";
import { Agent } from "../agent.ts";

const TEXT = ["text-start", "text-delta", "text-end"];
const CALL = ["tool-call-input-streaming-start", "tool-call-delta", "tool-call-input-streaming-end", "tool-call"];

const weather = createTool({
  id: "weather",
  description: "Weather",
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, tempC: 21 }),
});

function agent(model: ReturnType<typeof turnModel>, more: Partial<ConstructorParameters<typeof Agent>[0]> = {}): Agent {
  return new Agent({ id: "a", name: "A", instructions: "Be brief.", model, tools: { weather }, ...more });
}

describe("the order of chunks", () => {
  test("a text", async () => {
    const chunks = await chunksOf(await agent(turnModel(textParts("Hel", "lo"))).stream("hi"));
    expect(typesOf(chunks)).toEqual(["start", "step-start", "text-start", "text-delta", "text-delta", "text-end", "step-finish", "finish"]);
  });

  test("a tool call and the text after it", async () => {
    const chunks = await chunksOf(await agent(turnModel(callParts(["weather", { city: "Paris" }]), "sunny")).stream("hi"));
    expect(typesOf(chunks)).toEqual([
      "start",
      "step-start",
      ...CALL,
      "tool-result",
      "step-finish",
      "step-start",
      ...TEXT,
      "step-finish",
      "finish",
    ]);
  });

  test("two calls: both calls, then both results", async () => {
    const calls = callParts(["weather", { city: "Paris" }], ["weather", { city: "Rome" }]);
    const chunks = await chunksOf(await agent(turnModel(calls, "ok")).stream("hi"));
    expect(typesOf(chunks).slice(2, 13)).toEqual([...CALL, ...CALL, "tool-result", "tool-result", "step-finish"]);
  });

  test("all steps have the message id of the start", async () => {
    const chunks = await chunksOf(await agent(turnModel(callParts(["weather", { city: "Paris" }]), "ok")).stream("hi"));
    const ids = chunks.flatMap((chunk) =>
      "payload" in chunk && typeof chunk.payload === "object" && chunk.payload && "messageId" in chunk.payload
        ? [chunk.payload.messageId]
        : [],
    );
    expect(new Set(ids).size).toBe(1);
  });

  test("a model that rejects: start, step-start, error, step-finish, finish", async () => {
    const failing = turnModel(() => Promise.reject(new Error("secret")));
    const chunks = await chunksOf(await agent(failing).stream("hi"));
    expect(typesOf(chunks)).toEqual(["start", "step-start", "error", "step-finish", "finish"]);
    expect(payloads(chunks, "finish")[0]?.stepResult.reason).toBe("error");
    expect(JSON.stringify(payloads(chunks, "error")[0]?.error.message)).not.toContain("secret");
  });

  test("an error part in the answer ends the run, and its tool calls do not run", async () => {
    let ran = 0;
    const tool = createTool({ id: "t", description: "t", execute: () => ++ran });
    const parts = [...callParts(["t"]).slice(0, -1), { type: "error" as const, error: new Error("boom") }, finishPart("stop")];
    const stream = await agent(turnModel(parts), { tools: { t: tool } }).stream("hi");
    expect(typesOf(await chunksOf(stream)).slice(-3)).toEqual(["error", "step-finish", "finish"]);
    expect(ran).toBe(0);
    await expect(stream.text).rejects.toMatchObject({ code: "MODEL_FAILED" });
  });

  test("a client tool ends the run after its call", async () => {
    const chunks = await chunksOf(
      await agent(turnModel(callParts(["ask", { q: 1 }]))).stream("hi", { clientTools: { ask: { description: "Ask" } } }),
    );
    expect(typesOf(chunks)).toEqual(["start", "step-start", ...CALL, "step-finish", "finish"]);
    expect(payloads(chunks, "finish")[0]?.stepResult).toMatchObject({ reason: "tool-calls", isContinued: false });
  });
});

describe("content", () => {
  const rich = [
    { type: "stream-start" as const, warnings: [] },
    { type: "reasoning-start" as const, id: "r", providerMetadata: { p: { item: "1" } } },
    { type: "reasoning-delta" as const, id: "r", delta: "hm" },
    { type: "reasoning-delta" as const, id: "r", delta: "", providerMetadata: { p: { signature: "sig" } } },
    { type: "reasoning-end" as const, id: "r" },
    { type: "source" as const, sourceType: "url" as const, id: "s", url: "https://example.com/", title: "E" },
    { type: "file" as const, mediaType: "image/png", data: { type: "data" as const, data: new Uint8Array([1, 2, 3]) } },
    ...textParts("done").slice(1),
  ];

  test("reasoning, sources and files are in the result", async () => {
    const result = await (await agent(turnModel(rich)).stream("hi")).getFullOutput();
    expect(result).toMatchObject({ text: "done", reasoningText: "hm", finishReason: "stop" });
    expect(result.sources[0]?.payload).toMatchObject({ url: "https://example.com/", title: "E" });
    expect(result.files[0]?.payload).toEqual({ data: "AQID", base64: "AQID", mimeType: "image/png" });
  });

  test("what a provider says of a reasoning comes back to it with the next step", async () => {
    const parts = [...rich.slice(0, 5), ...callParts(["weather", { city: "Paris" }]).slice(1)];
    const model = turnModel(parts, "ok");
    await (
      await agent(model).stream("hi")
    ).text;
    const said = model.calls[1]?.prompt.find(({ role }) => role === "assistant");
    expect(said?.content[0]).toMatchObject({ type: "reasoning", text: "hm", providerOptions: { p: { signature: "sig" } } });
  });

  test("a text that stays empty is not told to the model again", async () => {
    const empty = [
      { type: "text-start" as const, id: "x" },
      { type: "text-end" as const, id: "x" },
    ];
    const [start, ...rest] = callParts(["weather", { city: "Paris" }]);
    const model = turnModel(start ? [start, ...empty, ...rest] : [], "ok");
    await (
      await agent(model).stream("hi")
    ).text;
    expect(model.calls[1]?.prompt.flatMap(({ content }) => (typeof content === "string" ? [] : content.map(({ type }) => type)))).toEqual([
      "text",
      "tool-call",
      "tool-result",
    ]);
  });

  test.each([
    ["v2", asV2],
    ["v3", asV3],
  ])("a %s model gives the chunks of a v4 model", async (_version, convert) => {
    const script = () => turnModel(callParts(["weather", { city: "Paris" }]), textParts("sun", "ny"));
    const expected = typesOf(await chunksOf(await agent(script()).stream("hi")));
    const older = new Agent({ id: "a", name: "A", instructions: "", model: convert(script()), tools: { weather } });
    expect(typesOf(await chunksOf(await older.stream("hi")))).toEqual(expected);
  });

  test("generate gives what stream gives", async () => {
    const script = () => turnModel(callParts(["weather", { city: "Paris" }]), "sunny");
    const generated = await agent(script()).generate("hi");
    const streamed = await (await agent(script()).stream("hi")).getFullOutput();
    for (const result of [generated, streamed]) {
      expect(result.text).toBe("sunny");
      expect(result.toolResults.map(({ payload }) => payload.result)).toEqual([{ city: "Paris", tempC: 21 }]);
      expect(result.steps.map(({ stepType, finishReason }) => [stepType, finishReason])).toEqual([
        ["initial", "tool-calls"],
        ["tool-result", "stop"],
      ]);
    }
  });

  test("usage is the sum over the steps", async () => {
    const first = [...callParts(["weather", { city: "Paris" }]).slice(0, -1), finishPart("tool-calls", 10, 1)];
    const second = [...textParts("ok").slice(0, -1), finishPart("stop", 20, 2)];
    const { usage } = await agent(turnModel(first, second)).generate("hi");
    expect(usage).toMatchObject({ inputTokens: 30, outputTokens: 3, totalTokens: 33 });
  });
});

describe("how far a run goes", () => {
  const forever = () => turnModel(...Array.from({ length: 20 }, () => callParts(["weather", { city: "Paris" }])));

  test("five steps by default", async () => {
    const model = forever();
    const { finishReason } = await agent(model).generate("hi");
    expect([model.calls.length, finishReason]).toEqual([5, "tool-calls"]);
  });

  test("maxSteps", async () => {
    const model = forever();
    await agent(model).generate("hi", { maxSteps: 2 });
    expect(model.calls.length).toBe(2);
  });

  test.each([0, -1, 1.5, Number.NaN])("maxSteps of %s is refused", async (maxSteps) => {
    await expect(agent(forever()).generate("hi", { maxSteps })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  test("any stopWhen that is true stops", async () => {
    const model = forever();
    await agent(model).generate("hi", { stopWhen: [() => false, async ({ steps }) => steps.length === 3] });
    expect(model.calls.length).toBe(3);
  });

  test("complete tool calls of an answer that was cut off are run, and the run goes on", async () => {
    const model = turnModel([...callParts(["weather", { city: "Paris" }]).slice(0, -1), finishPart("length")], "ok");
    expect((await agent(model).generate("hi")).text).toBe("ok");
  });

  test("an answer that ends without a finish is a failure", async () => {
    await expect((await agent(turnModel(textParts("x").slice(0, -1))).stream("hi")).text).rejects.toMatchObject({
      code: "UPSTREAM_FAILED",
    });
  });

  test("the same call id in two steps is two calls", async () => {
    const model = turnModel(callParts(["weather", { city: "Paris" }, "x"]), callParts(["weather", { city: "Rome" }, "x"]), "ok");
    await agent(model).generate("hi");
    const results = model.calls[2]?.prompt.flatMap((message) => (message.role === "tool" ? [message.content.length] : []));
    expect(results).toEqual([1, 1]);
  });
});

describe("what the model is asked", () => {
  test("prepareStep changes model, tool choice, tools and instructions of its step alone", async () => {
    const other = turnModel(callParts(["weather", { city: "Paris" }]));
    const model = turnModel("ok");
    await agent(model).generate("hi", {
      prepareStep: ({ stepNumber }) =>
        stepNumber === 0 ? { model: other, toolChoice: "required", activeTools: ["weather"], instructions: "Once." } : undefined,
    });
    expect(other.calls[0]?.toolChoice).toEqual({ type: "required" });
    expect(other.calls[0]?.prompt[0]).toMatchObject({ role: "system", content: "Once." });
    expect(model.calls[0]?.toolChoice).toEqual({ type: "auto" });
    expect(model.calls[0]?.prompt[0]).toMatchObject({ role: "system", content: "Be brief." });
  });

  test("toolChoice may name a tool", async () => {
    const model = turnModel("ok");
    await agent(model).generate("hi", { toolChoice: { type: "tool", toolName: "weather" } });
    expect(model.calls[0]?.toolChoice).toEqual({ type: "tool", toolName: "weather" });
  });

  test("toolChoice may not name a tool that is not there", async () => {
    await expect(agent(turnModel("ok")).generate("hi", { toolChoice: { type: "tool", toolName: "nope" } })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
  });

  test("a tool that is not active is not told, and a call of it does not run", async () => {
    let ran = 0;
    const other = createTool({ id: "other", description: "o", execute: () => ++ran });
    const model = turnModel(callParts(["other"]), "ok");
    const { text } = await agent(model, { tools: { weather, other } }).generate("hi", { activeTools: ["weather"] });
    expect(model.calls[0]?.tools?.map(({ name }) => name)).toEqual(["weather"]);
    expect([ran, text]).toEqual([0, "ok"]);
  });

  test("toolsets add tools for one call", async () => {
    const extra = createTool({ id: "extra", description: "e", execute: () => "extra!" });
    const model = turnModel(callParts(["extra"]), "ok", "again");
    const subject = agent(model);
    const { toolResults } = await subject.generate("hi", { toolsets: { more: { extra } } });
    await subject.generate("hi");
    expect(toolResults[0]?.payload.result).toBe("extra!");
    expect(model.calls[2]?.tools?.map(({ name }) => name)).toEqual(["weather"]);
  });

  test("a client tool may not take the place of the agent's own", async () => {
    await expect(agent(turnModel("ok")).generate("hi", { clientTools: { weather: {} } })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
  });

  test("default options hold where the call says nothing, also where it says undefined", async () => {
    const model = turnModel(...Array.from({ length: 4 }, () => callParts(["weather", { city: "Paris" }])));
    const withUndefined = { maxSteps: undefined } as unknown as { maxSteps: number };
    await agent(model, { defaultOptions: { maxSteps: 2, modelSettings: { seed: 1 } } }).generate("hi", {
      ...withUndefined,
      modelSettings: { temperature: 0 },
    });
    expect(model.calls.length).toBe(2);
    expect(model.calls[0]).toMatchObject({ seed: 1, temperature: 0 });
  });

  test("a call that the provider ran is paired with its result in the stored message, and is not run here", async () => {
    const parts = [
      { type: "stream-start" as const, warnings: [] },
      { type: "tool-call" as const, toolCallId: "p", toolName: "search", input: '{"q":1}', providerExecuted: true },
      { type: "tool-result" as const, toolCallId: "p", toolName: "search", result: { hits: 2 } },
      ...textParts("found").slice(1),
    ];
    const result = await (await agent(turnModel(parts)).stream("hi")).getFullOutput();
    const invocation = result.messages.at(-1)?.content.parts.find(({ type }) => type === "tool-invocation");
    expect(invocation).toMatchObject({ toolInvocation: { state: "result", result: { hits: 2 }, providerExecuted: true } });
    expect(result).toMatchObject({ text: "found", finishReason: "stop" });
  });

  test("raw parts are shown when they are asked for", async () => {
    const parts = [{ type: "raw" as const, rawValue: { x: 1 } }, ...textParts("ok")];
    expect(typesOf(await chunksOf(await agent(turnModel(parts)).stream("hi", { includeRawChunks: true })))).toContain("raw");
    expect(typesOf(await chunksOf(await agent(turnModel(parts)).stream("hi")))).not.toContain("raw");
  });
});
