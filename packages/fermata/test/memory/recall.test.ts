/** Recall by meaning: what was said long ago, or elsewhere, and is near to what is said now. */
import { describe, expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import type { Embedder } from "../../src/memory/embedder.ts";
import { Memory, type MemorySettings } from "../../src/memory/memory.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { MemoryVector } from "../../src/storage/vector/memory-vector.ts";
import { turnModel, type TurnModel } from "../support/turn-model.ts";

const TOPICS = ["cat", "tea", "train"];
/** Says how much a text is about each topic. */
const embedder: Embedder = { embed: async (texts) => texts.map((text) => [0.01, ...TOPICS.map((topic) => text.split(topic).length - 1)]) };

function prompts(model: TurnModel): string[] {
  return model.calls.map(({ prompt }) =>
    prompt
      .map(
        ({ role, content }) =>
          `${role}: ${typeof content === "string" ? content : content.map((part) => ("text" in part ? part.text : part.type)).join("+")}`,
      )
      .join("\n"),
  );
}

async function talk(
  options: MemorySettings["options"],
  ...turns: readonly (readonly [thread: string, resource: string, text: string])[]
): Promise<string[]> {
  const model = turnModel(...turns.map((_turn, index) => `ok ${index}`));
  const memory = new Memory({ storage: new MemoryStore(), vector: new MemoryVector(), embedder, options: { lastMessages: 1, ...options } });
  const agent = new Agent({ id: "a", name: "A", instructions: "", model, memory });
  for (const [thread, resource, text] of turns) {
    await agent.generate(text, { memory: { thread, resource } });
    await memory.settled();
  }
  return prompts(model);
}

describe("semantic recall", () => {
  test("brings back what the last messages leave out, with its neighbour", async () => {
    const all = await talk(
      { semanticRecall: { topK: 1 } },
      ["t", "r", "my cat is Tom"],
      ["t", "r", "I like tea"],
      ["t", "r", "the train is late"],
      ["t", "r", "what is the cat called?"],
    );
    expect(all.at(-1)).toContain("user: my cat is Tom\nassistant: ok 0");
    expect(all.at(-1)).not.toContain("tea");
  });

  test("reaches other threads of the same user, as a note of the system", async () => {
    const all = await talk(
      { semanticRecall: { topK: 1, messageRange: 0 } },
      ["t", "r", "my cat is Tom"],
      ["t2", "r", "what is the cat called?"],
    );
    expect(all.at(-1)).toMatch(/^system: .*other conversations[\s\S]*my cat is Tom/);
  });

  test("stays in the thread when it is told to", async () => {
    const all = await talk({ semanticRecall: { scope: "thread" } }, ["t", "r", "my cat is Tom"], ["t2", "r", "what is the cat called?"]);
    expect(all.at(-1)).toBe("user: what is the cat called?");
  });

  test("never reaches another user", async () => {
    const all = await talk({ semanticRecall: true }, ["t", "r", "my cat is Tom"], ["t", "other", "what is the cat called?"]);
    expect(all.at(-1)).toBe("user: what is the cat called?");
  });

  test("leaves out what is not near enough", async () => {
    const all = await talk({ semanticRecall: { threshold: 0.9 } }, ["t", "r", "my cat is Tom"], ["t2", "r", "tea, please"]);
    expect(all.at(-1)).toBe("user: tea, please");
  });

  test("a turn goes on when nothing can be embedded", async () => {
    const memory = new Memory({
      storage: new MemoryStore(),
      vector: new MemoryVector(),
      embedder: { embed: () => Promise.reject(new Error("down")) },
      options: { semanticRecall: true },
    });
    const agent = new Agent({ id: "a", name: "A", instructions: "", model: turnModel("ok"), memory });
    expect((await agent.generate("hello", { memory: { thread: "t", resource: "r" } })).text).toBe("ok");
  });

  test("takes an embedding model of the AI SDK, a batch at a time", async () => {
    const batches: number[] = [];
    const model = {
      modelId: "m",
      maxEmbeddingsPerCall: 2,
      doEmbed: async ({ values }: { values: string[] }) => {
        batches.push(values.length);
        return { embeddings: await embedder.embed(values) };
      },
    };
    const memory = new Memory({
      storage: new MemoryStore(),
      vector: new MemoryVector(),
      embedder: model,
      options: { semanticRecall: { topK: 1, messageRange: 0 } },
    });
    await memory.createThread({ threadId: "t", resourceId: "r" });
    await memory.saveMessages({
      messages: ["a cat", "some tea", "a train"].map((content) => ({ role: "user", content, threadId: "t", resourceId: "r" })),
    });
    expect(batches).toEqual([2, 1]);
    const { messages } = await memory.recall({ threadId: "t", vectorSearchString: "tea?" });
    expect(messages.map(({ content }) => content.content)).toEqual(["some tea"]);
  });

  test("does not find what was deleted", async () => {
    const memory = new Memory({ storage: new MemoryStore(), vector: new MemoryVector(), embedder, options: { semanticRecall: true } });
    await memory.createThread({ threadId: "t", resourceId: "r" });
    await memory.saveMessages({ messages: [{ id: "m", role: "user", content: "a cat", threadId: "t", resourceId: "r" }] });
    await memory.deleteMessages(["m"]);
    expect((await memory.recall({ threadId: "t", vectorSearchString: "cat" })).messages).toEqual([]);
  });

  test("without a vector store or an embedder it is refused", () => {
    expect(() => new Memory({ options: { semanticRecall: true } })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
  });
});
