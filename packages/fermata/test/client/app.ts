/** The app that the client's tests talk to. A word in the last message picks what its model does. */
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { z } from "zod";
import { Agent, createStep, createTool, createWorkflow, Mastra } from "../../src/index.ts";
import { Memory } from "../../src/memory/index.ts";
import { SqliteStore, SqliteVector } from "../../src/storage/sqlite/index.ts";
import { lastText, partModel, toolCallParts, type Part, type PartAnswer } from "../support/part-model.ts";
import { finishPart } from "../support/turn-model.ts";
import { textParts } from "../support/scripted-model.ts";

/** Holds streams between two words until the test lets them go on. */
export class Gate {
  #open: (() => void) | undefined;
  #wait: Promise<void> | undefined;
  /** How often a model has come to the gate. */
  arrivals = 0;

  close(): void {
    this.#wait = new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#open?.();
    this.#wait = undefined;
  }

  async pass(): Promise<void> {
    this.arrivals++;
    await this.#wait;
  }
}

export interface ModelCall {
  readonly text: string;
  aborted: boolean;
}

/** Everything that the app has done, for tests that count. */
export class Journal {
  readonly calls: ModelCall[] = [];
  readonly published: string[] = [];
  readonly gate = new Gate();
}

function answer(journal: Journal, options: LanguageModelV4CallOptions): PartAnswer {
  const last = options.prompt.at(-1);
  const text = last?.role === "tool" ? "" : lastText(options.prompt);
  const call: ModelCall = { text, aborted: false };
  journal.calls.push(call);
  options.abortSignal?.addEventListener("abort", () => (call.aborted = true));
  if (last?.role === "tool") {
    const outputs = last.content.flatMap((part) => (part.type === "tool-result" && "value" in part.output ? [part.output.value] : []));
    return textParts(`told ${JSON.stringify(outputs)}`);
  }
  if (options.responseFormat?.type === "json") return textParts('{"city":"Paris",', '"tempC":21}');
  const [, name, args] = /^call (\w+)(?: (.*))?$/.exec(text) ?? [];
  if (name !== undefined) return toolCallParts(name, args ?? "{}", `call-${journal.calls.length}`);
  if (text === "how many messages") return textParts(String(options.prompt.filter(({ role }) => role === "user").length));
  if (text.startsWith("held ")) return held(journal.gate, text.slice("held ".length), options.abortSignal);
  return textParts(...text.split(/(?<= )/));
}

/** A word, then the gate, then the rest. */
function held(gate: Gate, text: string, signal: AbortSignal | undefined): ReadableStream<Part> {
  const [first = "", ...rest] = text.split(/(?<= )/);
  const delta = (word: string): Part => ({ type: "text-delta", id: "1", delta: word });
  return new ReadableStream<Part>({
    async start(controller) {
      controller.enqueue({ type: "stream-start", warnings: [] });
      controller.enqueue({ type: "text-start", id: "1" });
      controller.enqueue(delta(first));
      const aborted = new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve(), { once: true }));
      await Promise.race([gate.pass(), aborted]);
      if (signal?.aborted) return controller.error(signal.reason);
      for (const word of rest) controller.enqueue(delta(word));
      controller.enqueue({ type: "text-end", id: "1" });
      controller.enqueue(finishPart("stop"));
      controller.close();
    },
  });
}

const weather = createTool({
  id: "weather",
  description: "Weather for a city",
  inputSchema: z.object({ city: z.string() }),
  outputSchema: z.object({ city: z.string(), tempC: z.number() }),
  execute: async ({ city }) => ({ city, tempC: 21 }),
});

const refund = createTool({
  id: "refund",
  description: "Gives money back",
  inputSchema: z.object({ order: z.string() }),
  outputSchema: z.object({ refunded: z.string() }),
  requireApproval: true,
  execute: async ({ order }) => ({ refunded: order }),
});

const ask = createTool({
  id: "ask",
  description: "Asks the user",
  inputSchema: z.object({ question: z.string() }),
  outputSchema: z.object({ answer: z.string() }),
  suspendSchema: z.object({ question: z.string() }),
  resumeSchema: z.object({ answer: z.string() }),
  execute: async ({ question }, { agent }) => {
    const answered = z.object({ answer: z.string() }).safeParse(agent?.resumeData);
    return answered.success ? answered.data : await agent?.suspend({ question });
  },
});

export function createApp(journal = new Journal(), storage = new SqliteStore({ url: ":memory:" }), keepsRuns = true) {
  const model = partModel((options) => answer(journal, options));
  const guide = new Agent({ id: "guide", name: "Guide", instructions: "Guide people.", model, tools: { weather, refund, ask } });
  const plain = new Agent({ id: "plain-agent", name: "Plain", instructions: "Be plain.", model });
  const keeper = new Agent({
    id: "keeper",
    name: "Keeper",
    instructions: "Remember.",
    model,
    tools: { refund },
    memory: new Memory({ storage }),
  });
  const review = createStep({
    id: "review",
    inputSchema: z.object({ text: z.string() }),
    outputSchema: z.object({ text: z.string(), ok: z.boolean() }),
    suspendSchema: z.object({ question: z.string() }),
    resumeSchema: z.object({ ok: z.boolean() }),
    execute: async ({ inputData, resumeData, suspend }) =>
      resumeData ? { text: inputData.text, ok: resumeData.ok } : await suspend({ question: `Publish "${inputData.text}"?` }),
  });
  const publish = createStep({
    id: "publish",
    inputSchema: z.object({ text: z.string(), ok: z.boolean() }),
    outputSchema: z.object({ published: z.string() }),
    execute: async ({ inputData }) => {
      if (inputData.ok) journal.published.push(inputData.text);
      await journal.gate.pass();
      return { published: inputData.ok ? inputData.text : "" };
    },
  });
  const article = createWorkflow({
    id: "article",
    inputSchema: z.object({ text: z.string() }),
    outputSchema: z.object({ published: z.string() }),
  })
    .then(review)
    .then(publish)
    .commit();
  const double = createStep({
    id: "double",
    inputSchema: z.object({ n: z.number() }),
    outputSchema: z.object({ n: z.number() }),
    execute: async ({ inputData }) => {
      await journal.gate.pass();
      return { n: inputData.n * 2 };
    },
  });
  const doubling = createWorkflow({ id: "doubling", inputSchema: z.object({ n: z.number() }), outputSchema: z.object({ n: z.number() }) })
    .then(double)
    .commit();
  return new Mastra({
    logger: false,
    ...(keepsRuns && { storage }),
    agents: { guide, plain, keeper },
    tools: { weather },
    workflows: { article, doubling },
    vectors: { notes: new SqliteVector({ url: ":memory:" }) },
  });
}

export type App = ReturnType<typeof createApp>;
