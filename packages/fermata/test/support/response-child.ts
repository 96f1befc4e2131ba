/**
 * Started by tests as a process of its own: an agent on a shared store. Asked for `words` its model says some and then nothing any more; asked for
 * anything else it calls a tool, which writes a line to the output and never ends.
 */
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import { Memory } from "../../src/memory/memory.ts";
import { serve } from "../../src/serve.ts";
import { SqliteStore } from "../../src/storage/sqlite/sqlite-store.ts";
import { createTool } from "../../src/tools/tool.ts";
import { lastText, partModel, toolCallParts, type Part } from "./part-model.ts";
import { textParts } from "./scripted-model.ts";

const storage = new SqliteStore({ url: process.env.DATA_URL ?? "" });
const model = partModel(({ prompt }) => {
  if (lastText(prompt) !== "words") return toolCallParts("send", {});
  const parts = textParts("one ", "two ", "never").slice(0, 4);
  return new ReadableStream<Part>({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
    },
  });
});
const send = createTool({
  id: "send",
  description: "Sends a letter",
  execute: () => {
    process.stdout.write("sent\n");
    return new Promise<never>(() => undefined);
  },
});
const agent = new Agent({ id: "a", name: "A", instructions: "", model, tools: { send }, memory: new Memory() });
const mastra = new Mastra({ logger: false, agents: { a: agent }, storage, runs: { leaseMs: 1_000 } });
const { url } = await serve(mastra, { port: 0, host: "127.0.0.1" });
process.stdout.write(`serving ${url}\n`);
