import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Memory } from "fermata/memory";
import { SqliteStore, SqliteVector } from "fermata/sqlite";
import { expect, onTestFinished, test } from "vitest";
import { DIMENSION, offlineEmbedder } from "./index.ts";

test("every text has a vector of 512 numbers, in the order of the texts", async () => {
  const { embed } = offlineEmbedder();
  const [both, first, second] = [await embed(["a cat", "a train"]), await embed(["a cat"]), await embed(["a train"])];
  expect(both.map((vector) => vector.length)).toEqual([DIMENSION, DIMENSION]);
  expect(both.map((vector) => vector.map((value) => value.toFixed(4)))).toEqual(
    [...first, ...second].map((vector) => vector.map((value) => value.toFixed(4))),
  );
});

test("no texts are no vectors", async () => {
  expect(await offlineEmbedder().embed([])).toEqual([]);
});

test("a memory recalls what means the same in other words", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fermata-embedder-"));
  const storage = new SqliteStore({ url: `file:${join(folder, "data.db")}` });
  const vector = new SqliteVector({ url: `file:${join(folder, "vectors.db")}` });
  onTestFinished(async () => {
    await Promise.all([storage.close(), vector.close()]);
    rmSync(folder, { recursive: true, force: true });
  });
  const memory = new Memory({ storage, vector, embedder: offlineEmbedder(), options: { semanticRecall: { topK: 1, messageRange: 0 } } });
  await memory.createThread({ threadId: "t", resourceId: "ada" });
  const said = [
    "The budget for the new office is 40,000 euros.",
    "My daughter is allergic to peanuts.",
    "We fly to Oslo on the third of May.",
  ];
  await memory.saveMessages({
    messages: said.map((text, index) => ({
      id: `m${index}`,
      threadId: "t",
      resourceId: "ada",
      role: "user",
      content: { format: 2, parts: [{ type: "text", text }] },
    })),
  });
  const { messages } = await memory.recall({
    threadId: "t",
    resourceId: "ada",
    vectorSearchString: "Which foods must my child avoid?",
    perPage: 0,
  });
  expect(messages.map(({ id }) => id)).toEqual(["m1"]);
});
