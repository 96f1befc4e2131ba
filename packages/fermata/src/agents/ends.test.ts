/** Abort, time limits, and I-3: every run ends in exactly one way that can be seen. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { callParts, chunksOf, finishPart, turnModel, typesOf, type Turn } from "../../test/support/turn-model.ts";
import { textParts } from "../../test/support/scripted-model.ts";
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { createTool, type AnyTool } from "../tools/index.ts";
import { Agent } from "./agent.ts";
import type { AgentChunk } from "./chunks.ts";
import type { AgentOptions } from "./options.ts";

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
});
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});

function agent(tools: Record<string, AnyTool>, ...turns: Turn[]): Agent {
  return new Agent({ id: "a", name: "A", instructions: "", model: turnModel(...turns), tools });
}

/** A stream that stays open after its parts, until it is cancelled. */
function hanging(
  parts: readonly LanguageModelV4StreamPart[],
  onCancel: () => void = () => undefined,
): ReadableStream<LanguageModelV4StreamPart> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
    },
    cancel: onCancel,
  });
}

const reason = new Error("stopped by the test");

describe("abort", () => {
  test("before the start: nothing is asked, onAbort hears why", async () => {
    const heard: unknown[] = [];
    const model = turnModel("x");
    const subject = new Agent({ id: "a", name: "A", instructions: "", model });
    const stream = await subject.stream("hi", {
      abortSignal: AbortSignal.abort(reason),
      onAbort: (event) => void heard.push(event.reason),
    });
    expect(typesOf(await chunksOf(stream))).toEqual(["start", "abort"]);
    await expect(stream.text).rejects.toBe(reason);
    expect([model.calls.length, heard]).toEqual([0, [reason]]);
  });

  test("during the model call: the provider's stream is cancelled", async () => {
    const cancelled = Promise.withResolvers<void>();
    const controller = new AbortController();
    const stream = await agent({}, () => hanging(textParts("x").slice(0, 3), () => cancelled.resolve())).stream("hi", {
      abortSignal: controller.signal,
    });
    const types: string[] = [];
    for await (const chunk of stream.fullStream) {
      types.push(chunk.type);
      if (chunk.type === "text-delta") controller.abort(reason);
    }
    await cancelled.promise;
    expect(types).toEqual(["start", "step-start", "text-start", "text-delta", "abort"]);
  });

  test("during a tool that does not look at its signal", async () => {
    const controller = new AbortController();
    const late = Promise.withResolvers<string>();
    const deaf = createTool({ id: "deaf", description: "d", execute: () => (controller.abort(reason), late.promise) });
    const stream = await agent({ deaf }, callParts(["deaf"]), "never").stream("hi", { abortSignal: controller.signal });
    const chunks = await chunksOf(stream);
    late.reject(new Error("too late")); // nobody may hear of it
    expect(typesOf(chunks).at(-1)).toBe("abort");
  });

  test("a tool sees it in its signal", async () => {
    const controller = new AbortController();
    let seen: unknown;
    const polite = createTool({
      id: "polite",
      description: "p",
      execute: (_input, { abortSignal }) =>
        new Promise<string>((resolve) => {
          abortSignal.addEventListener("abort", () => resolve(String((seen = abortSignal.reason))));
          controller.abort(reason);
        }),
    });
    await expect(agent({ polite }, callParts(["polite"])).generate("hi", { abortSignal: controller.signal })).rejects.toBe(reason);
    expect(seen).toBe(reason);
  });

  test("while the run waits for its reader: it ends at once", async () => {
    const controller = new AbortController();
    const ended = Promise.withResolvers<void>();
    const stream = await agent({}, textParts(...Array.from({ length: 500 }, () => "x"))).stream("hi", {
      abortSignal: controller.signal,
      onAbort: () => ended.resolve(),
    });
    const reader = stream.fullStream.getReader();
    await reader.read();
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve)); // until it waits
    controller.abort(reason);
    await ended.promise;
    const rest: AgentChunk[] = [];
    for (let next = await reader.read(); !next.done; next = await reader.read()) rest.push(next.value);
    expect(typesOf(rest).at(-1)).toBe("abort");
  });

  test("after the end nothing changes", async () => {
    const controller = new AbortController();
    const stream = await agent({}, "x").stream("hi", { abortSignal: controller.signal });
    await stream.text;
    controller.abort(reason);
    expect(typesOf(await chunksOf(stream)).at(-1)).toBe("finish");
  });

  test("a suspended run stays suspended", async () => {
    const controller = new AbortController();
    const gated = createTool({ id: "g", description: "g", requireApproval: true, execute: () => "ok" });
    const subject = agent({ gated }, callParts(["gated"]), "end");
    const { runId } = await subject.generate("hi", { abortSignal: controller.signal });
    controller.abort(reason);
    expect((await subject.approveToolCallGenerate({ runId })).text).toBe("end");
  });

  test.each(["generate", "stream"] as const)("no listener stays on the caller's signal (%s)", async (form) => {
    let listeners = 0;
    const { signal } = new AbortController();
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args));
    const free = createTool({ id: "f", description: "f", execute: () => "ok" });
    for (const timeout of [{}, { totalMs: 60_000 }]) {
      const subject = agent({ free }, callParts(["free"]), "end");
      const options: AgentOptions = { abortSignal: signal, modelSettings: { timeout } };
      if (form === "generate") await subject.generate("hi", options);
      // As the server reads it: without the signal of an `AgentStream` in between.
      else await (await subject.open("hi", options, "stream")).start({ push: () => undefined, release: () => undefined });
    }
    expect(listeners).toBe(0);
  });
});

describe("time limits", () => {
  const limits = (timeout: NonNullable<NonNullable<AgentOptions["modelSettings"]>["timeout"]>): AgentOptions => ({
    modelSettings: { timeout },
  });

  test.each<[string, AgentOptions]>([
    ["totalMs", limits({ totalMs: 20 })],
    ["stepMs", limits({ stepMs: 20 })],
  ])("%s ends a run whose model hangs, as a failure", async (_limit, options) => {
    const stream = await agent({}, () => hanging(textParts("x").slice(0, 3))).stream("hi", options);
    expect(typesOf(await chunksOf(stream)).slice(-3)).toEqual(["error", "step-finish", "finish"]);
    await expect(stream.text).rejects.toMatchObject({ code: "UPSTREAM_TIMEOUT" });
  });

  test("firstChunkMs ends a run whose model does not begin", async () => {
    const subject = new Agent({
      id: "a",
      name: "A",
      instructions: "",
      maxRetries: 0,
      model: turnModel(() => new Promise(() => undefined)),
    });
    await expect((await subject.stream("hi", limits({ firstChunkMs: 20 }))).text).rejects.toMatchObject({ code: "UPSTREAM_TIMEOUT" });
  });

  test("totalMs counts the tools as well", async () => {
    const slow = createTool({ id: "slow", description: "s", execute: () => new Promise<string>(() => undefined) });
    await expect(agent({ slow }, callParts(["slow"])).generate("hi", limits({ totalMs: 20 }))).rejects.toMatchObject({
      code: "UPSTREAM_TIMEOUT",
    });
  });
});

describe("callbacks", () => {
  test("what they throw changes nothing", async () => {
    const thrower = (): never => {
      throw new Error("callback");
    };
    const options: AgentOptions = { onChunk: thrower, onStepFinish: thrower, onFinish: thrower, onError: thrower, onAbort: thrower };
    const stream = await agent({}, "x").stream("hi", options);
    expect(typesOf(await chunksOf(stream)).slice(-2)).toEqual(["step-finish", "finish"]);
    expect(await stream.text).toBe("x");
    const failed = await agent({}, () => Promise.reject(reason)).stream("hi", options);
    expect(typesOf(await chunksOf(failed)).filter((type) => type === "finish")).toHaveLength(1);
  });

  test("onFinish hears the result, onError the failure, each once", async () => {
    const heard: string[] = [];
    const options: AgentOptions = {
      onFinish: ({ text }) => void heard.push(`finish ${text}`),
      onError: ({ error }) => void heard.push(`error ${(error as Error).name}`),
      onStepFinish: ({ stepNumber }) => void heard.push(`step ${stepNumber}`),
    };
    await agent({}, "x").generate("hi", options);
    await agent({}, () => Promise.reject(reason))
      .generate("hi", options)
      .catch(() => undefined);
    expect(heard).toEqual(["step 0", "finish x", "error FermataError"]);
  });
});

/** How a chunk ends a run; `undefined` for one that does not. */
function ending({ type }: AgentChunk): "end" | undefined {
  return type === "finish" || type === "abort" ? "end" : undefined;
}

const WAITS = new Set(["tool-call-approval", "tool-call-suspended"]);

test("I-3: whatever model, tools and callbacks do, a run ends exactly once, and nothing comes after", { timeout: 60_000 }, async () => {
  const tool = fc.constantFrom("good", "throws", "suspends", "gated", "aborts", "unknown", "bad");
  const turn = fc.record({
    calls: fc.array(tool, { maxLength: 3 }),
    parts: fc.integer({ min: 0, max: 12 }),
    end: fc.constantFrom("whole", "throws", "error", "cut", "hangs"),
  });
  const throwing = fc.record({
    onChunk: fc.boolean(),
    onStepFinish: fc.boolean(),
    onFinish: fc.boolean(),
    onError: fc.boolean(),
    onAbort: fc.boolean(),
  });
  const property = fc.asyncProperty(
    fc.array(turn, { minLength: 1, maxLength: 3 }),
    throwing,
    fc.constantFrom("stream", "generate", "await"),
    async (turns, throws, form) => {
      const controller = new AbortController();
      const tools: Record<string, AnyTool> = {
        good: createTool({ id: "good", description: "g", execute: async (_input, { writer }) => (await writer.write(1), "ok") }),
        throws: createTool({ id: "throws", description: "t", execute: () => Promise.reject(reason) }),
        suspends: createTool({ id: "suspends", description: "s", execute: (_input, context) => context.agent?.suspend() }),
        gated: createTool({ id: "gated", description: "g", requireApproval: true, execute: () => "ok" }),
        aborts: createTool({
          id: "aborts",
          description: "a",
          execute: () => (controller.abort(reason), new Promise<string>(() => undefined)),
        }),
      };
      const script = turns.map(({ calls, parts, end }): Turn => {
        const all = calls.length > 0 ? callParts(...calls.map((name) => [name, name === "bad" ? "{" : {}] as const)) : textParts("a", "b");
        if (end === "whole") return all;
        return () => {
          const some = all.slice(0, Math.min(parts, all.length - 1));
          if (end === "error") return [...some, { type: "error", error: reason }, finishPart("stop")];
          if (end === "cut") return some;
          if (end === "hangs") {
            setImmediate(() => controller.abort(reason));
            return hanging(some);
          }
          return new ReadableStream({
            pull(stream) {
              const next = some.shift();
              if (next) stream.enqueue(next);
              else stream.error(reason);
            },
          });
        };
      });
      const chunks: AgentChunk[] = [];
      const options: AgentOptions = { abortSignal: controller.signal };
      for (const [name, throwsHere] of Object.entries(throws)) {
        if (!throwsHere) continue;
        Object.assign(options, {
          [name]: () => {
            throw reason;
          },
        });
      }
      const subject = new Agent({ id: "a", name: "A", instructions: "", maxRetries: 0, model: turnModel(...script), tools });
      if (form === "generate") {
        await subject.generate("hi", options).catch(() => undefined);
        return;
      }
      const stream = await subject.stream("hi", options);
      const outcome = await (form === "await"
        ? stream.getFullOutput().then(
            (result) => result.finishReason,
            () => "failed",
          )
        : undefined);
      chunks.push(...(await chunksOf(stream)));
      const ends = chunks.filter(ending);
      const last = chunks.at(-1);
      if (!last) throw new Error("a run showed nothing");
      const waits = WAITS.has(last.type);
      expect(ends.length).toBe(waits ? 0 : 1);
      expect(waits || ending(last) === "end").toBe(true);
      expect(typesOf(chunks)[0]).toBe("start");
      if (outcome !== undefined) expect(outcome === "suspended").toBe(waits);
    },
  );
  await fc.assert(property, { numRuns: 300 });
});
