import { describe, expect, test } from "vitest";
import { z } from "zod";
import { callParts, chunksOf, payloads, turnModel, typesOf, type TurnModel } from "../../test/support/turn-model.ts";
import { textParts } from "../../test/support/scripted-model.ts";
import { createTool } from "../tools/index.ts";
import { Agent } from "./agent.ts";
import type { AgentOptions } from "./options.ts";
import type { Processor } from "./processors.ts";
import type { StoredMessage } from "./messages/stored.ts";

const free = createTool({ id: "free", description: "f", execute: () => "free" });

function agent(model: TurnModel, output: Processor[] = [], input: Processor[] = []): Agent {
  return new Agent({ id: "a", name: "A", instructions: "", model, tools: { free }, inputProcessors: input, outputProcessors: output });
}

function said(message: StoredMessage | undefined): string {
  return (message?.content.parts ?? []).map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** The result of a run in both forms. */
async function both(make: () => Agent, options: AgentOptions = {}) {
  const generated = await make().generate("hi", options);
  const stream = await make().stream("hi", options);
  const chunks = await chunksOf(stream);
  return { generated, streamed: await stream.getFullOutput(), chunks };
}

const rename = (message: StoredMessage, text: string): StoredMessage => ({
  ...message,
  content: { ...message.content, parts: [{ type: "text", text }] },
});

describe("input", () => {
  test("what processInput hands back is what the model is asked", async () => {
    const model = turnModel("ok");
    const shout: Processor = {
      id: "shout",
      processInput: ({ messages }) => messages.map((message) => rename(message, said(message).toUpperCase())),
    };
    await agent(model, [], [shout]).generate("hi");
    expect(JSON.stringify(model.calls[0]?.prompt)).toContain('"HI"');
  });

  test("processors see what the ones before them made", async () => {
    const model = turnModel("ok");
    const add = (letter: string): Processor => ({
      id: letter,
      processInput: ({ messages }) => messages.map((message) => rename(message, said(message) + letter)),
    });
    await agent(model, [], [add("1"), add("2")]).generate("hi");
    expect(JSON.stringify(model.calls[0]?.prompt)).toContain('"hi12"');
  });

  test("processInputStep sees every step and changes what the model is shown, not what the run has said", async () => {
    const steps: number[] = [];
    const model = turnModel(callParts(["free"]), callParts(["free"], ["free"]), "ok");
    const last: Processor = {
      id: "last",
      processInputStep: ({ messages, stepNumber }) => {
        steps.push(stepNumber);
        return messages.slice(-1);
      },
    };
    const result = await agent(model, [], [last]).generate("hi");
    expect(steps).toEqual([0, 1, 2]);
    expect(model.calls[2]?.prompt.map(({ role }) => role)).toEqual(["assistant", "tool"]);
    expect(result.messages.at(-1)?.content.parts.filter(({ type }) => type === "tool-invocation")).toHaveLength(3);
    expect(result.messages[0]?.role).toBe("user");
  });

  test("system messages that a processor adds stand first", async () => {
    const model = turnModel("ok");
    const guide: Processor = {
      id: "guide",
      processInput: ({ messages }) => [
        ...messages,
        { id: "s", role: "system", createdAt: new Date(), content: { format: 2, parts: [{ type: "text", text: "Rule." }] } },
      ],
    };
    await agent(model, [], [guide]).generate("hi");
    expect(model.calls[0]?.prompt.map(({ role }) => role)).toEqual(["system", "user"]);
  });

  test("a tripwire ends the run before the model is asked", async () => {
    const model = turnModel("ok");
    const guard: Processor = { id: "guard", processInput: ({ abort }) => abort("not here", { metadata: { rule: 7 } }) };
    const stream = await agent(model, [], [guard]).stream("hi");
    const chunks = await chunksOf(stream);
    expect(typesOf(chunks)).toEqual(["start", "tripwire", "finish"]);
    expect(await stream.getFullOutput()).toMatchObject({
      text: "",
      finishReason: "tripwire",
      tripwire: { reason: "not here", metadata: { rule: 7 }, processorId: "guard" },
    });
    expect(model.calls.length).toBe(0);
  });
});

describe("output, chunk by chunk", () => {
  const mask: Processor = {
    id: "mask",
    processOutputStream: ({ part }) =>
      part.type === "text-delta" && "payload" in part
        ? { ...part, payload: { ...part.payload, text: part.payload.text.replace("secret", "******") } }
        : part,
  };

  test("a changed text is changed everywhere: stream, result, steps, messages", async () => {
    const { generated, streamed, chunks } = await both(() => agent(turnModel(textParts("a ", "secret", " b")), [mask]));
    for (const shown of [generated, streamed, chunks]) expect(JSON.stringify(shown)).not.toContain("secret");
    expect([generated.text, streamed.text]).toEqual(["a ****** b", "a ****** b"]);
  });

  test("a dropped text is dropped everywhere", async () => {
    const drop: Processor = {
      id: "drop",
      processOutputStream: ({ part }) => (part.type === "text-delta" && JSON.stringify(part).includes("secret") ? null : part),
    };
    const { generated, streamed } = await both(() => agent(turnModel(textParts("a", "secret", "b")), [drop]));
    // A whole answer is one piece.
    expect([generated.text, streamed.text]).toEqual(["", "ab"]);
  });

  test("data is read from the changed text", async () => {
    const options: AgentOptions = { structuredOutput: { schema: z.object({ v: z.string() }) } };
    const { streamed, chunks } = await both(() => agent(turnModel(textParts('{"v":"', "secret", '"}')), [mask]), options);
    expect(streamed.object).toEqual({ v: "******" });
    expect(JSON.stringify(chunks)).not.toContain("secret");
  });

  test("a processor keeps its state for the run", async () => {
    const count: Processor = {
      id: "count",
      processOutputStream: ({ part, state }) => {
        state.seen = Number(state.seen ?? 0) + 1;
        return part.type === "finish" && "payload" in part ? { ...part, payload: { ...part.payload, response: state.seen } } : part;
      },
    };
    const chunks = await chunksOf(await agent(turnModel("x"), [count]).stream("hi"));
    expect(payloads(chunks, "finish")[0]?.response).toBe(7);
  });

  test("a tripwire ends the run, and nothing of the refused answer is in the result", async () => {
    const guard: Processor = {
      id: "guard",
      processOutputStream: ({ part, abort }) => (JSON.stringify(part).includes("secret") ? abort("leak") : part),
    };
    const { generated, streamed, chunks } = await both(() => agent(turnModel(textParts("so ", "secret")), [guard]));
    expect(typesOf(chunks).slice(-2)).toEqual(["tripwire", "finish"]);
    for (const result of [generated, streamed]) expect(result).toMatchObject({ text: "", finishReason: "tripwire" });
    expect(JSON.stringify([generated, streamed, chunks])).not.toContain("secret");
  });

  test("a processor that throws at everything fails the run, which still ends once", async () => {
    const broken: Processor = {
      id: "broken",
      processOutputStream: () => {
        throw new Error("boom");
      },
    };
    const stream = await agent(turnModel("secret"), [broken]).stream("hi");
    const chunks = await chunksOf(stream);
    expect(typesOf(chunks).filter((type) => type === "finish")).toHaveLength(1);
    expect(JSON.stringify(chunks)).not.toContain("secret");
    await expect(stream.text).rejects.toThrow("boom");
  });
});

describe("output, step by step", () => {
  test("processOutputStep sees each answer before its tools run, and may refuse it", async () => {
    let ran = 0;
    const risky = createTool({ id: "risky", description: "r", execute: () => ++ran });
    const guard: Processor = {
      id: "guard",
      processOutputStep: ({ toolCalls, abort }) => (toolCalls.some(({ toolName }) => toolName === "risky") ? abort("no risk") : undefined),
    };
    const subject = new Agent({
      id: "a",
      name: "A",
      instructions: "",
      model: turnModel(callParts(["risky"])),
      tools: { risky },
      outputProcessors: [guard],
    });
    expect((await subject.generate("hi")).finishReason).toBe("tripwire");
    expect(ran).toBe(0);
  });
});

describe("sent back", () => {
  const picky = (good: string): Processor => ({
    id: "picky",
    processOutputStep: ({ text, abort }) => (text === good ? undefined : abort("be polite", { retry: true })),
  });

  test("the model is told why and asked again", async () => {
    const model = turnModel("rude", "kind");
    const result = await agent(model, [picky("kind")]).generate("hi");
    expect(result).toMatchObject({ text: "kind", finishReason: "stop" });
    const again = JSON.stringify(model.calls[1]?.prompt);
    expect([again.includes("rude"), again.includes("be polite")]).toEqual([true, true]);
    expect(JSON.stringify(result.messages)).not.toContain("rude");
  });

  test("it is told until an answer is accepted, and not any longer", async () => {
    const model = turnModel("rude", callParts(["free"]), "kind");
    const guard: Processor = {
      id: "g",
      processOutputStep: ({ text, abort }) => (text === "rude" ? abort("be polite", { retry: true }) : undefined),
    };
    await agent(model, [guard]).generate("hi");
    expect(model.calls.map(({ prompt }) => JSON.stringify(prompt).includes("be polite"))).toEqual([false, true, false]);
  });

  test("the stream shows the tripwire, the closed step and the count", async () => {
    const chunks = await chunksOf(await agent(turnModel("rude", "kind"), [picky("kind")]).stream("hi"));
    const text = ["step-start", "text-start", "text-delta", "text-end"];
    expect(typesOf(chunks)).toEqual(["start", ...text, "tripwire", "step-finish", ...text, "step-finish", "finish"]);
    expect(payloads(chunks, "finish")[0]).toMatchObject({ processorRetryCount: 1, output: { text: "kind" } });
    expect(payloads(chunks, "step-finish")[0]).toMatchObject({
      output: { text: "" },
      stepResult: { reason: "tripwire", isContinued: true },
    });
  });

  test("once by default; then the tripwire ends the run", async () => {
    const model = turnModel("rude", "ruder", "kind");
    expect((await agent(model, [picky("kind")]).generate("hi")).finishReason).toBe("tripwire");
    expect(model.calls.length).toBe(2);
  });

  test("as often as maxProcessorRetries says", async () => {
    const model = turnModel("1", "2", "3", "kind");
    expect((await agent(model, [picky("kind")]).generate("hi", { maxProcessorRetries: 3 })).text).toBe("kind");
    expect((await agent(turnModel("1", "kind"), [picky("kind")]).generate("hi", { maxProcessorRetries: 0 })).finishReason).toBe("tripwire");
  });

  test("by processOutputStream as well", async () => {
    const guard: Processor = {
      id: "g",
      processOutputStream: ({ part, abort }) =>
        part.type === "text-delta" && JSON.stringify(part).includes("rude") ? abort("no", { retry: true }) : part,
    };
    expect((await agent(turnModel("rude", "kind"), [guard]).generate("hi")).text).toBe("kind");
  });

  test("by processOutputResult as well, and the tokens of both answers are counted", async () => {
    const usage = { inputTokens: { total: 5, noCache: 5, cacheRead: 0, cacheWrite: 0 }, outputTokens: { total: 1, text: 1, reasoning: 0 } };
    const answer = (text: string) => [
      ...textParts(text).slice(0, -1),
      { type: "finish" as const, finishReason: { unified: "stop" as const, raw: "stop" }, usage },
    ];
    const guard: Processor = {
      id: "g",
      processOutputResult: ({ messages, abort }) => (said(messages[0]) === "rude" ? abort("no", { retry: true }) : undefined),
    };
    const result = await agent(turnModel(answer("rude"), answer("kind")), [guard]).generate("hi");
    expect(result).toMatchObject({ text: "kind", usage: { inputTokens: 10, outputTokens: 2 } });
    expect(result.steps.length).toBe(1);
  });
});

describe("the result", () => {
  const sign: Processor = {
    id: "sign",
    processOutputResult: ({ messages }) =>
      messages.map((message) => ({
        ...message,
        content: { ...message.content, parts: [...message.content.parts, { type: "text" as const, text: " — A." }] },
      })),
  };

  test("what processOutputResult hands back is the result", async () => {
    const { generated, streamed, chunks } = await both(() => agent(turnModel("Hello"), [sign]));
    for (const result of [generated, streamed]) {
      expect(result.text).toBe("Hello — A.");
      expect(result.steps[0]?.text).toBe("Hello — A.");
      expect(said(result.messages.at(-1))).toBe("Hello — A.");
      expect(JSON.stringify(result.response.messages)).toContain("— A.");
    }
    expect(payloads(chunks, "finish")[0]?.output.text).toBe("Hello — A.");
  });

  test("with tool calls before it, only what changed changes", async () => {
    const result = await agent(turnModel(callParts(["free"]), "Hello"), [sign]).generate("hi");
    expect(result.text).toBe("Hello — A.");
    expect(result.messages.at(-1)?.content.parts.map(({ type }) => type)).toEqual(["tool-invocation", "step-start", "text", "text"]);
    expect(result.toolResults).toHaveLength(1);
  });

  test("a secret that it takes out is nowhere in the result", async () => {
    const clean: Processor = { id: "clean", processOutputResult: ({ messages }) => messages.map((message) => rename(message, "clean")) };
    const subject = agent(turnModel([...textParts("secret one").slice(0, -1), ...callParts(["free"]).slice(1)], "secret two"), [clean]);
    const result = await subject.generate("hi");
    expect(result.text).toBe("clean");
    expect(JSON.stringify(result)).not.toContain("secret");
  });

  test("what it makes of a tool's result is what the message holds", async () => {
    const hide: Processor = {
      id: "hide",
      processOutputResult: ({ messages }) =>
        messages.map((message) => {
          const parts = message.content.parts.map((part) =>
            part.type === "tool-invocation" ? { ...part, toolInvocation: { ...part.toolInvocation, result: "hidden" } } : part,
          );
          return { ...message, content: { ...message.content, parts } };
        }),
    };
    const result = await agent(turnModel(callParts(["free"]), "Hello"), [hide]).generate("hi");
    expect(result.messages.at(-1)?.content.parts[0]).toMatchObject({ toolInvocation: { result: "hidden" } });
    expect(JSON.stringify(result.response.messages)).toContain("hidden");
  });

  test("a tripwire takes all of it back", async () => {
    const refuse: Processor = { id: "refuse", processOutputResult: ({ abort }) => abort("no") };
    const { generated, streamed } = await both(() => agent(turnModel("secret"), [refuse]));
    for (const result of [generated, streamed])
      expect([result.text, result.finishReason, JSON.stringify(result).includes("secret")]).toEqual(["", "tripwire", false]);
  });
});

test("a tripwire at what a tool writes ends the run, not the tool alone", async () => {
  const guard: Processor = { id: "g", processOutputStream: ({ part, abort }) => (part.type === "tool-output" ? abort("quiet") : part) };
  const loud = createTool({ id: "loud", description: "l", execute: async (_input, { writer }) => (await writer.write("x"), "ok") });
  const make = (tools: ConstructorParameters<typeof Agent>[0]["tools"], agents: Record<string, Agent>, model: TurnModel) =>
    new Agent({ id: "a", name: "A", instructions: "", model, tools: tools ?? {}, agents, outputProcessors: [guard] });
  expect((await make({ loud }, {}, turnModel(callParts(["loud"]), "on")).generate("hi")).finishReason).toBe("tripwire");
  const child = new Agent({ id: "c", name: "C", instructions: "", model: turnModel("x") });
  expect((await make({}, { child }, turnModel(callParts(["agent-child", { prompt: "?" }]), "on")).generate("hi")).finishReason).toBe(
    "tripwire",
  );
});
