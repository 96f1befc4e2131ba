/**
 * Begins work of every kind, cancels it from a second connection once all of it is under way, and writes what became of each as one line of JSON.
 * `DATA_URL` is a SQLite file or a PostgreSQL database: the second connection goes to another server on it then. The process ends by itself unless something is left over.
 */
import { Agent } from "../../src/agents/agent.ts";
import type { MastraConfig } from "../../src/mastra.ts";
import { PostgresStore } from "../../src/storage/postgres/postgres-store.ts";
import { SqliteStore } from "../../src/storage/sqlite/sqlite-store.ts";
import { createTool } from "../../src/tools/tool.ts";
import { createStep, createWorkflow } from "../../src/workflows/index.ts";
import { lastText, partModel, toolCallParts, type Part } from "./part-model.ts";
import { appServer, postJson } from "./turn-servers.ts";

export interface CancelReport {
  readonly kind: string;
  /** What was under way when the run was cancelled, and whose signal fired. */
  readonly begun: readonly string[];
  readonly stopped: readonly string[];
  /** The types of the chunks of which one ends a run. */
  readonly ends: readonly string[];
  /** Of the cancelling call, and of a second one. */
  readonly replies: readonly [number, number];
  /** As the store has it. */
  readonly status: unknown;
  /** Runs that a process still works on. */
  readonly live: number;
  readonly ms: number;
}

let begun: string[] = [];
let stopped: string[] = [];

/** Work that goes on until it is told to stop. */
function endless(name: string, signal: AbortSignal | undefined): Promise<never> {
  begun.push(name);
  return new Promise((_, reject) => {
    const timer = setInterval(() => undefined, 60_000);
    signal?.addEventListener("abort", () => {
      stopped.push(name);
      clearInterval(timer);
      reject(signal.reason as Error);
    });
  });
}

const model = partModel(({ prompt, abortSignal }) => {
  const text = lastText(prompt);
  if (text.startsWith("call ")) return toolCallParts(text.slice("call ".length), { prompt: "hi", inputData: 1 });
  return new ReadableStream<Part>({
    start(controller) {
      controller.enqueue({ type: "stream-start", warnings: [] });
      endless("model", abortSignal).catch((error: unknown) => controller.error(error));
    },
  });
});
const tool = createTool({ id: "tool", description: "Goes on", execute: (_input, { abortSignal }) => endless("tool", abortSignal) });
const step = (id: string) =>
  createStep({
    id,
    execute: async ({ abortSignal, inputData }) => endless(typeof inputData === "number" ? id : `${id} ${String(inputData)}`, abortSignal),
  });
const helper = new Agent({ id: "helper", name: "Helper", instructions: "", model });
const flow = (id: string) => createWorkflow({ id, description: id });
const workflows = {
  step: flow("step").then(step("step")).commit(),
  nested: flow("nested")
    .then(
      flow("middle")
        .then(flow("inner").then(step("deep")).commit())
        .commit(),
    )
    .commit(),
  parallel: flow("parallel")
    .parallel([step("left"), flow("branch").then(step("right")).commit()])
    .commit(),
  foreach: flow("foreach")
    .map(async () => ["a", "b", "c", "d"])
    .foreach(step("each"), { concurrency: 3 })
    .commit(),
  retried: createWorkflow({ id: "retried", retryConfig: { attempts: 5, delay: 60_000 } })
    .then(
      createStep({
        id: "fails",
        execute: async () => {
          begun.push("fails");
          stopped.push("fails"); // it is not at work while it waits to be repeated
          throw new Error("fails");
        },
      }),
    )
    .commit(),
  sleeps: flow("sleeps")
    .parallel([flow("sleeper").sleep(60_000).commit(), step("awake")])
    .commit(),
  agentStep: flow("agentStep")
    .map(async () => ({ prompt: "think" }))
    .then(createStep(helper))
    .commit(),
  toolStep: flow("toolStep").then(createStep(tool)).commit(),
};

function app(): Pick<MastraConfig, "agents" | "workflows"> {
  const a = new Agent({
    id: "a",
    name: "A",
    instructions: "",
    model,
    tools: { tool },
    agents: { helper },
    workflows: { nested: workflows.nested },
  });
  return { agents: { a }, workflows };
}

/** What each kind asks for, and what of it has to be under way. */
const KINDS: Readonly<Record<string, readonly [path: string, body: object, work: readonly string[]]>> = {
  "the model's call of an agent": ["agents/a/stream", { messages: "think" }, ["model"]],
  "a tool of an agent": ["agents/a/stream", { messages: "call tool" }, ["tool"]],
  "an agent as the tool of an agent": ["agents/a/stream", { messages: "call agent-helper" }, ["model"]],
  "a workflow as the tool of an agent": ["agents/a/stream", { messages: "call workflow-nested" }, ["deep"]],
  "a step": ["workflows/step/stream", { inputData: 1 }, ["step"]],
  "a step of a workflow in a workflow": ["workflows/nested/stream", { inputData: 1 }, ["deep"]],
  "steps at the same time": ["workflows/parallel/stream", { inputData: 1 }, ["left", "right"]],
  "the items of a list": ["workflows/foreach/stream", { inputData: 1 }, ["each a", "each b", "each c"]],
  "a step that is about to be repeated": ["workflows/retried/stream", { inputData: 1 }, ["fails"]],
  "a step beside a sleep": ["workflows/sleeps/stream", { inputData: 1 }, ["awake"]],
  "an agent as a step": ["workflows/agentStep/stream", { inputData: 1 }, ["model"]],
  "a tool as a step": ["workflows/toolStep/stream", { inputData: 1 }, ["tool"]],
};
const ENDS = /"type":"(abort|finish|error|workflow-finish)"/g;

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 1));
}

const url = process.env["DATA_URL"];
const open = (at: string) => (at.startsWith("postgres") ? new PostgresStore({ connectionString: at }) : new SqliteStore({ url: at }));
const stores = url === undefined ? [] : [open(url), open(url)];
const one = await appServer({ ...app(), ...(stores[0] && { storage: stores[0] }) });
const two = stores[1] ? await appServer({ ...app(), storage: stores[1] }) : one;
for (const [index, [kind, [path, body, work]]] of Object.entries(KINDS).entries()) {
  [begun, stopped] = [[], []];
  const runId = `r${index}`;
  const streamed = await fetch(`${one.api}/${path}?runId=${runId}`, postJson({ ...body, ...(path.startsWith("agents") && { runId }) }));
  await until(() => begun.length >= work.length);
  // Whoever has a run's first frame finds it in the log; the model may have been asked before that.
  while (stores.length > 0 && (await fetch(`${two.api}/runs/${runId}`)).status === 404);
  const from = performance.now();
  const cancel = (): Promise<Response> => fetch(`${two.api}/runs/${runId}/cancel`, { method: "POST" });
  const first = await cancel();
  await first.text();
  await until(() => stopped.length >= work.length);
  const ms = Math.round(performance.now() - from);
  const text = await streamed.text();
  // The other server may take up a run inside the run, to see that it has been cancelled.
  await until(() => [one, two].every(({ mastra }) => mastra.workflowHost.worker.liveCount === 0));
  const { status } = (await (await fetch(`${two.api}/runs/${runId}`)).json()) as { status?: unknown };
  const report: CancelReport = {
    kind,
    begun: begun.toSorted(),
    stopped: stopped.toSorted(),
    ends: [...text.matchAll(ENDS)].map(([, type]) => String(type)),
    replies: [first.status, (await cancel()).status],
    status,
    live: two.mastra.workflowHost.worker.liveCount,
    ms,
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
await one[Symbol.asyncDispose]();
if (two !== one) await two[Symbol.asyncDispose]();
for (const store of stores) await store.close();
