/** What a turn tells the model, and what of it is stored, however it ends. */
import { describe, expect, test } from "vitest";
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { Agent, type AgentConfig } from "../../src/agents/agent.ts";
import type { AgentChunk } from "../../src/agents/chunks.ts";
import { RequestContext, MASTRA_RESOURCE_ID_KEY, MASTRA_THREAD_ID_KEY } from "../../src/context/request-context.ts";
import { Memory, type MemorySettings } from "../../src/memory/memory.ts";
import type { MemoryMessage } from "../../src/memory/message.ts";
import { textOf } from "../../src/memory/message.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { createTool } from "../../src/tools/tool.ts";
import { callParts, turnModel, type Turn, type TurnModel } from "../support/turn-model.ts";
import { partModel } from "../support/part-model.ts";
import { textParts } from "../support/scripted-model.ts";

const THREAD = { thread: "t", resource: "r" };

interface Talk {
  readonly agent: Agent;
  readonly memory: Memory;
  readonly model: TurnModel;
  stored(): Promise<readonly MemoryMessage[]>;
}

function talk(turns: readonly Turn[], options: MemorySettings["options"] = {}, config: Partial<AgentConfig> = {}): Talk {
  const model = turnModel(...turns);
  const memory = new Memory({ storage: new MemoryStore(), options });
  const agent = new Agent({ id: "a", name: "A", instructions: "", model, memory, ...config });
  return { agent, memory, model, stored: async () => (await memory.recall({ threadId: "t", perPage: false })).messages };
}

function said(messages: readonly MemoryMessage[]): string[] {
  return messages.map(({ role, content }) => `${role}: ${textOf(content)}`);
}

function statuses(messages: readonly MemoryMessage[]): unknown[] {
  return messages.filter(({ role }) => role === "assistant").map(({ content }) => content.metadata?.status);
}

function prompt({ prompt: messages }: LanguageModelV4CallOptions): string[] {
  return messages.map(
    ({ role, content }) =>
      `${role}: ${typeof content === "string" ? content : content.map((part) => ("text" in part ? part.text : part.type)).join("+")}`,
  );
}

describe("what is stored", () => {
  test("the user's message is there before the model is asked", async () => {
    let seen: string[] = [];
    const at = talk([
      async () => {
        seen = said(await at.stored());
        return "Hi.";
      },
    ]);
    await at.agent.generate("Hello", { memory: THREAD });
    expect(seen).toEqual(["user: Hello"]);
  });

  test("a finished answer is marked as completed", async () => {
    const at = talk(["Hi."]);
    await at.agent.generate("Hello", { memory: THREAD });
    expect(statuses(await at.stored())).toEqual(["completed"]);
  });

  test("of a failed run stay the user's message and what was said", async () => {
    const at = talk([[...textParts("half").slice(0, 3), { type: "error", error: new Error("broken") }, ...textParts().slice(-1)]]);
    const stream = await at.agent.stream("Hello", { memory: THREAD });
    await stream.getFullOutput().catch(() => undefined);
    const stored = await at.stored();
    expect(said(stored)).toEqual(["user: Hello", "assistant: half"]);
    expect(statuses(stored)).toEqual(["failed"]);
  });

  test.each(Array.from({ length: 9 }, (_, index) => index))(
    "aborted after %i tokens, the thread has all that was delivered",
    async (count) => {
      const tokens = Array.from({ length: 8 }, (_, index) => `w${index} `);
      const at = talk([], {}, { model: partModel(() => textParts(...tokens)) });
      const controller = new AbortController();
      let delivered = "";
      let left = count;
      const onChunk = (chunk: AgentChunk): void => {
        if (chunk.type !== "text-delta" || !("payload" in chunk)) return;
        delivered += chunk.payload.text;
        if (--left === 0) controller.abort();
      };
      if (left === 0) controller.abort();
      const stream = await at.agent.stream("Hello", { memory: THREAD, abortSignal: controller.signal, onChunk });
      await stream.getFullOutput().catch(() => undefined);
      const stored = (await at.memory.getThreadById({ threadId: "t" })) ? await at.stored() : [];
      expect(said(stored)).toEqual(count === 0 ? [] : ["user: Hello", `assistant: ${delivered}`]);
      expect(statuses(stored)).toEqual(count === 0 ? [] : ["aborted"]);
    },
  );

  test("a run that waits is marked as suspended, and as completed when it has been answered", async () => {
    const guarded = createTool({ id: "guarded", description: "Needs approval", requireApproval: true, execute: () => "done" });
    const at = talk([callParts(["guarded"]), "All done."], {}, { tools: { guarded } });
    const { runId } = await at.agent.generate("Do it", { memory: THREAD });
    expect(statuses(await at.stored())).toEqual(["suspended"]);
    await at.agent.approveToolCallGenerate({ runId });
    const stored = await at.stored();
    expect(statuses(stored)).toEqual(["completed"]);
    expect(said(stored)).toEqual(["user: Do it", "assistant: All done."]);
  });

  test("nothing is stored by a turn that only reads", async () => {
    const at = talk(["One.", "Two."]);
    await at.agent.generate("Hello", { memory: THREAD });
    await at.agent.generate("And?", { memory: { ...THREAD, readOnly: true } });
    expect(said(await at.stored())).toEqual(["user: Hello", "assistant: One."]);
    expect(at.model.calls[1] && prompt(at.model.calls[1])).toEqual(["user: Hello", "assistant: One.", "user: And?"]);
  });

  test("a stream's answer is stored while it grows", async () => {
    const { promise: go, resolve } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const model = partModel(() => textParts("one", "two"));
    const slow = {
      ...model,
      doStream: async () => ({
        stream: new ReadableStream({
          async start(controller) {
            const parts = textParts("one", "two");
            for (const part of parts.slice(0, 3)) controller.enqueue(part);
            begin();
            await go;
            for (const part of parts.slice(3)) controller.enqueue(part);
            controller.close();
          },
        }),
      }),
    };
    const at = talk([], {}, { model: slow });
    const stream = await at.agent.stream("Hello", { memory: THREAD });
    const done = stream.getFullOutput();
    await begun;
    await expect.poll(async () => said(await at.stored()), { timeout: 5_000 }).toEqual(["user: Hello", "assistant: one"]);
    expect(statuses(await at.stored())).toEqual(["running"]);
    resolve();
    await done;
    expect(said(await at.stored())).toEqual(["user: Hello", "assistant: onetwo"]);
  });
});

describe("what the model is told", () => {
  test("the last messages, as many as the options say", async () => {
    const at = talk(["1", "2", "3"], { lastMessages: 2 });
    for (const text of ["a", "b", "c"]) await at.agent.generate(text, { memory: THREAD });
    expect(at.model.calls[2] && prompt(at.model.calls[2])).toEqual(["user: b", "assistant: 2", "user: c"]);
  });

  test("nothing of the past with lastMessages: false", async () => {
    const at = talk(["1", "2"], { lastMessages: false });
    for (const text of ["a", "b"]) await at.agent.generate(text, { memory: THREAD });
    expect(at.model.calls[1] && prompt(at.model.calls[1])).toEqual(["user: b"]);
  });

  test("a tool call of an earlier turn comes with its result", async () => {
    const look = createTool({ id: "look", description: "Looks", execute: () => "found" });
    const at = talk([callParts(["look"]), "Seen.", "Yes."], {}, { tools: { look } });
    await at.agent.generate("Look", { memory: THREAD });
    await at.agent.generate("Sure?", { memory: THREAD });
    expect(at.model.calls[2] && prompt(at.model.calls[2])).toEqual([
      "user: Look",
      "assistant: tool-call",
      "tool: tool-result",
      "assistant: Seen.",
      "user: Sure?",
    ]);
  });

  test("within the token budget, oldest first to go", async () => {
    const long = "x".repeat(400);
    const at = talk(["1", "2", "3"], { messageHistory: { maxTokens: 150 } });
    for (const text of [`a${long}`, "b", "c"]) await at.agent.generate(text, { memory: THREAD });
    expect(at.model.calls[1] && prompt(at.model.calls[1])).toEqual([`user: a${long}`, "assistant: 1", "user: b"]);
    await at.agent.generate(`d${long}`, { memory: { ...THREAD, options: {} } }).catch(() => undefined);
    expect(at.model.calls.at(-1) && prompt(at.model.calls.at(-1)!).at(-1)).toBe(`user: d${long}`);
    expect(at.model.calls.at(-1) && prompt(at.model.calls.at(-1)!)).not.toContain(`user: a${long}`);
  });

  test("half of it when the provider finds it too long", async () => {
    const tooLong = Object.assign(new Error("This model's maximum context length is 8192 tokens."), {
      name: "AI_APICallError",
      statusCode: 400,
      isRetryable: false,
    });
    const at = talk(["1", "2", () => Promise.reject(tooLong), "3"]);
    await at.agent.generate("a".repeat(400), { memory: THREAD });
    await at.agent.generate("b".repeat(400), { memory: THREAD });
    const { text } = await at.agent.generate("c", { memory: THREAD });
    expect(text).toBe("3");
    expect(at.model.calls[3]?.prompt.length).toBeLessThan(at.model.calls[2]?.prompt.length ?? 0);
  });

  test("a second refusal is the end of the run", async () => {
    const tooLong = Object.assign(new Error("prompt is too long"), { name: "AI_APICallError", statusCode: 400, isRetryable: false });
    const at = talk([() => Promise.reject(tooLong), () => Promise.reject(tooLong)]);
    await expect(at.agent.generate("c", { memory: THREAD })).rejects.toMatchObject({ code: "MODEL_FAILED" });
  });

  test("its working memory, which it can rewrite", async () => {
    const at = talk([callParts(["updateWorkingMemory", { memory: "- Name: Ada" }]), "Noted.", "Ada."], {
      workingMemory: { enabled: true },
    });
    await at.agent.generate("I am Ada", { memory: THREAD });
    await at.agent.generate("Who am I?", { memory: { thread: "t2", resource: "r" } });
    expect(at.model.calls[2] && prompt(at.model.calls[2])[0]).toContain("<working_memory_data>\n- Name: Ada\n</working_memory_data>");
  });

  test("the working memory of a thread stays in the thread", async () => {
    const at = talk([callParts(["updateWorkingMemory", { memory: "- Name: Ada" }]), "Noted.", "Who?"], {
      workingMemory: { enabled: true, scope: "thread" },
    });
    await at.agent.generate("I am Ada", { memory: THREAD });
    await at.agent.generate("Who am I?", { memory: { thread: "t2", resource: "r" } });
    expect(at.model.calls[2] && prompt(at.model.calls[2])[0]).not.toContain("Ada");
    expect(await at.memory.getWorkingMemory({ threadId: "t", resourceId: "r" })).toBe("- Name: Ada");
  });
});

describe("a thread with odd things in it", () => {
  test.each([
    ["a role that no model reads", { role: "signal", content: "ping" }],
    ["a system message", { role: "system", content: "Obey." }],
    ["a file without data", { role: "user", content: { format: 2, parts: [{ type: "file" }] } }],
    [
      "a call that nobody answered",
      {
        role: "assistant",
        content: {
          format: 2,
          parts: [{ type: "tool-invocation", toolInvocation: { state: "call", toolCallId: "c", toolName: "x", args: {} } }],
        },
      },
    ],
    ["a result without a call", { role: "tool", content: [{ type: "tool-result", toolCallId: "c", toolName: "x", output: "y" }] }],
  ])("goes on (%s)", async (_what, message) => {
    const at = talk(["1", "2"]);
    await at.agent.generate("a", { memory: THREAD });
    await at.memory.saveMessages({ messages: [{ ...message, threadId: "t", resourceId: "r" }] });
    await at.agent.generate("b", { memory: THREAD });
    expect(at.model.calls[1] && prompt(at.model.calls[1])).toEqual(["user: a", "assistant: 1", "user: b"]);
  });

  test("a run whose thread is deleted meanwhile comes to its end", async () => {
    const at = talk([
      async () => {
        await at.memory.deleteThread("t");
        return "Gone.";
      },
    ]);
    expect((await at.agent.generate("a", { memory: THREAD })).text).toBe("Gone.");
    expect(await at.memory.getThreadById({ threadId: "t" })).toBeNull();
  });
});

describe("who is remembered", () => {
  test("a thread without a resource is refused", async () => {
    const at = talk(["never"]);
    await expect(at.agent.generate("Hello", { memory: { thread: "t" } })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: expect.stringContaining("A resource ID is required when using memory.") as unknown,
    });
  });

  test("what the server knows of the caller goes before what the caller says", async () => {
    const at = talk(["Hi."]);
    const requestContext = new RequestContext();
    requestContext.setRaw(MASTRA_RESOURCE_ID_KEY, "trusted");
    requestContext.setRaw(MASTRA_THREAD_ID_KEY, "given");
    await at.agent.generate("Hello", { requestContext, memory: { thread: "t", resource: "claimed" } });
    expect(await at.memory.getThreadById({ threadId: "given" })).toMatchObject({ resourceId: "trusted" });
    expect(await at.memory.getThreadById({ threadId: "t" })).toBeNull();
  });

  test("a thread's id that somebody else has opens a thread of the caller's own", async () => {
    const at = talk(["Hi.", "Hello."]);
    await at.agent.generate("secret of r", { memory: THREAD });
    await at.agent.generate("mine", { memory: { thread: "t", resource: "other" } });
    expect(at.model.calls[1] && prompt(at.model.calls[1])).toEqual(["user: mine"]);
    expect(said((await at.memory.recall({ threadId: "t", resourceId: "r" })).messages)).toEqual(["user: secret of r", "assistant: Hi."]);
  });

  test("a thread is named after its first turn", async () => {
    const at = talk(
      [],
      { generateTitle: true },
      { model: partModel(({ prompt: messages }) => textParts(messages[0]?.role === "system" ? '"Talk of tea"' : "Tea it is.")) },
    );
    await at.agent.generate("Tea?", { memory: THREAD });
    await at.memory.settled();
    expect(await at.memory.getThreadById({ threadId: "t" })).toMatchObject({ title: "Talk of tea" });
  });
});

describe("turns on one thread", () => {
  test("50 at once follow each other", async () => {
    const at = talk(
      [],
      { lastMessages: 200 },
      { model: partModel(({ prompt: messages }) => textParts(`answer to ${prompt({ prompt: messages }).at(-1)}`)) },
    );
    await Promise.all(Array.from({ length: 50 }, (_, index) => at.agent.generate(`q${index}`, { memory: THREAD })));
    const lines = said(await at.stored());
    expect(lines).toHaveLength(100);
    for (let index = 0; index < 100; index += 2) expect(lines[index + 1]).toBe(`assistant: answer to ${lines[index]}`);
  });

  test("one that is refused is told which run is at it", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
    const at = talk([() => (onAsked(), promise)], { turns: "reject" });
    const first = at.agent.generate("one", { memory: THREAD, runId: "first" });
    await asked;
    await expect(at.agent.generate("two", { memory: THREAD })).rejects.toMatchObject({ code: "CONFLICT", details: { runId: "first" } });
    resolve("1");
    await first;
    expect(said(await at.stored())).toEqual(["user: one", "assistant: 1"]);
  });

  test("one that interrupts ends the one before it", async () => {
    const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
    const at = talk([() => (onAsked(), new Promise<string>(() => undefined)), "2"], { turns: "interrupt" });
    const first = at.agent.generate("one", { memory: THREAD });
    const ended = first.then(
      () => undefined,
      (error: unknown) => error,
    );
    await asked;
    await at.agent.generate("two", { memory: THREAD });
    expect(await ended).toMatchObject({ name: "AbortError" });
    expect(said(await at.stored())).toEqual(["user: one", "user: two", "assistant: 2"]);
  });

  test("one whose caller gives up waiting leaves the line", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
    const at = talk([() => (onAsked(), promise), "3"]);
    const first = at.agent.generate("one", { memory: THREAD });
    await asked;
    const controller = new AbortController();
    const second = at.agent.generate("two", { memory: THREAD, abortSignal: controller.signal });
    const third = at.agent.generate("three", { memory: THREAD });
    controller.abort();
    await expect(second).rejects.toMatchObject({ name: "AbortError" });
    resolve("1");
    await Promise.all([first, third]);
    expect(said(await at.stored())).toEqual(["user: one", "assistant: 1", "user: three", "assistant: 3"]);
  });
});
