/** A client may send the whole conversation again with every turn: the thread holds everything once, in the order in which it happened. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LanguageModelV4Prompt } from "@ai-sdk/provider";
import { Agent } from "../../src/agents/agent.ts";
import { Memory } from "../../src/memory/memory.ts";
import { textOf, type MemoryMessage } from "../../src/memory/message.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { createTool } from "../../src/tools/tool.ts";
import { partModel, type Part } from "../support/part-model.ts";
import { callParts } from "../support/turn-model.ts";
import { textParts } from "../support/scripted-model.ts";

const THREAD = { thread: "t", resource: "r" };

/** A turn: what the user says, the tools that are called step by step, and whether the client sends everything again. */
interface ScriptedTurn {
  readonly text: string;
  readonly steps: readonly (readonly ("own" | "client")[])[];
  readonly resend: "new" | "all" | "all with ids" | "twice";
}

const own = createTool({ id: "own", description: "Runs here", execute: () => "own result" });

class World {
  readonly memory = new Memory({ storage: new MemoryStore(), options: { lastMessages: 40 } });
  readonly prompts: LanguageModelV4Prompt[] = [];
  readonly agent: Agent;
  readonly history: Record<string, unknown>[] = [];
  readonly happened: string[] = [];
  #steps: (readonly ("own" | "client")[])[] = [];
  #calls = 0;
  #answers = 0;

  constructor() {
    const model = partModel(({ prompt }): readonly Part[] => {
      this.prompts.push(prompt);
      const step = this.#steps.shift();
      if (step && step.length > 0) return callParts(...step.map((name) => [name, {}, `call-${++this.#calls}`] as const));
      return textParts(`answer ${++this.#answers}`);
    });
    this.agent = new Agent({ id: "a", name: "A", instructions: "", model, tools: { own }, memory: this.memory });
  }

  async turn({ text, steps, resend }: ScriptedTurn): Promise<void> {
    this.#steps = [...steps];
    let fresh: Record<string, unknown>[] = [
      { role: "user", content: text, ...(resend === "all with ids" && { id: `u${this.happened.length}` }) },
    ];
    this.happened.push(`user: ${text}`);
    for (let rounds = 0; rounds < 10; rounds++) {
      const messages = resend === "new" ? fresh : [...this.history, ...fresh];
      const options = { memory: THREAD, clientTools: { client: { description: "Runs elsewhere" } } };
      const result = await this.agent.generate(messages, options);
      this.history.push(...fresh, ...(result.response.messages ?? []).map((message) => ({ ...message })));
      if (result.finishReason !== "tool-calls") {
        this.happened.push(`assistant: ${result.text}`);
        return;
      }
      const open = result.toolCalls.filter(({ payload }) => payload.toolName === "client");
      fresh = [
        {
          role: "tool",
          content: open.map(({ payload }) => ({
            type: "tool-result",
            toolCallId: payload.toolCallId,
            toolName: "client",
            result: "client result",
          })),
        },
      ];
    }
  }

  async stored(): Promise<readonly MemoryMessage[]> {
    return (await this.memory.recall({ threadId: "t", perPage: false })).messages;
  }
}

/** What OpenAI, Anthropic and Google refuse: a call without its result directly behind it, a result without a call, a conversation that an answer begins. */
function faults(prompt: LanguageModelV4Prompt): string[] {
  const found: string[] = [];
  const talk = prompt.filter(({ role }) => role !== "system");
  if (talk[0]?.role !== "user") found.push("does not begin with the user");
  for (const [index, message] of talk.entries()) {
    const next = talk[index + 1];
    if (message.role === "assistant") {
      if (message.content.length === 0) found.push("an empty answer");
      const calls = message.content.flatMap((part) => (part.type === "tool-call" ? [part.toolCallId] : []));
      const results = next?.role === "tool" ? next.content.flatMap((part) => (part.type === "tool-result" ? [part.toolCallId] : [])) : [];
      if (calls.toSorted().join() !== results.toSorted().join()) found.push(`calls ${calls.join()} have the results ${results.join()}`);
    }
    if (message.role === "tool" && talk[index - 1]?.role !== "assistant") found.push("results without a call");
  }
  return found;
}

const step = fc.array(fc.constantFrom("own" as const, "client" as const), { minLength: 1, maxLength: 3 });
const turn: fc.Arbitrary<ScriptedTurn> = fc.record({
  text: fc.constantFrom("yes", "no", "what?", "tell me more"),
  steps: fc.array(step, { maxLength: 3 }),
  resend: fc.constantFrom("new", "all"),
});

describe("whatever turns there were, and however they were sent", () => {
  test("the thread holds what happened, once and in order, and every prompt keeps to the rules of the providers", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 6 }), async (turns) => {
        const world = new World();
        for (const next of turns) await world.turn(next);
        const stored = await world.stored();
        expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length);
        expect(stored.map(({ role, content }) => `${role}: ${textOf(content)}`).filter((line) => line !== "assistant: ")).toEqual(
          world.happened,
        );
        const calls = stored.flatMap(({ content }) =>
          content.parts.flatMap((part) =>
            part.type === "tool-invocation" ? [part.toolInvocation as { toolCallId: string; state: string }] : [],
          ),
        );
        expect(new Set(calls.map(({ toolCallId }) => toolCallId)).size).toBe(calls.length);
        expect(calls.filter(({ state }) => state !== "result")).toEqual([]);
        expect(world.prompts.flatMap(faults)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

describe("what is new", () => {
  async function threadAfter(...inputs: readonly unknown[][]): Promise<string[]> {
    const world = new World();
    for (const messages of inputs) await world.agent.generate(messages, { memory: THREAD });
    return (await world.stored()).map(({ role, content }) => `${role}: ${textOf(content)}`);
  }
  const user = (content: string, id?: string): object => ({ role: "user", content, ...(id !== undefined && { id }) });

  test("the same words said twice are two messages", async () => {
    expect(await threadAfter([user("yes")], [user("yes")])).toEqual([
      "user: yes",
      "assistant: answer 1",
      "user: yes",
      "assistant: answer 2",
    ]);
  });

  test("a message with an id that the thread has is one message", async () => {
    expect(
      await threadAfter([user("yes", "u1")], [user("yes", "u1"), { role: "assistant", content: "answer 1", id: "x" }, user("more", "u2")]),
    ).toEqual(["user: yes", "assistant: answer 1", "user: more", "assistant: answer 2"]);
  });

  test("an interface's messages of AI SDK 5 are recognised", async () => {
    const ui = (role: string, text: string, id: string): object => ({ id, role, parts: [{ type: "text", text }] });
    expect(
      await threadAfter([ui("user", "a", "1")], [ui("user", "a", "1"), ui("assistant", "answer 1", "2"), ui("user", "b", "3")]),
    ).toEqual(["user: a", "assistant: answer 1", "user: b", "assistant: answer 2"]);
  });

  test("a history that the thread does not have is stored with the first turn", async () => {
    expect(await threadAfter([user("a"), { role: "assistant", content: "b" }, user("c")])).toEqual([
      "user: a",
      "assistant: b",
      "user: c",
      "assistant: answer 1",
    ]);
  });

  test("two new messages in one turn are two messages", async () => {
    expect(await threadAfter([user("yes")], [user("yes"), user("no")])).toEqual([
      "user: yes",
      "assistant: answer 1",
      "user: yes",
      "user: no",
      "assistant: answer 2",
    ]);
  });

  test("a question that failed and is sent again is one message", async () => {
    const world = new World();
    const failing = new Agent({
      id: "a",
      name: "A",
      instructions: "",
      model: partModel(() => Promise.reject(new Error("down"))),
      memory: world.memory,
    });
    await failing.generate("Hello?", { memory: THREAD }).catch(() => undefined);
    await world.agent.generate("Hello?", { memory: THREAD });
    expect((await world.stored()).map(({ role, content }) => `${role}: ${textOf(content)}`)).toEqual([
      "user: Hello?",
      "assistant: answer 1",
    ]);
  });
});
