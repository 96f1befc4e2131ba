/** An app with a canary in every place that is the server's own. A caller that ever sees it has been shown too much. */
import { z } from "zod";
import { Agent } from "../../src/agents/agent.ts";
import type { Processor } from "../../src/agents/processors.ts";
import { Mastra } from "../../src/mastra.ts";
import { Memory } from "../../src/memory/memory.ts";
import { MemoryVector } from "../../src/storage/vector/memory-vector.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { createTool } from "../../src/tools/tool.ts";
import { canaryWorkflows } from "./canary-workflows.ts";
import { lastText, partModel, toolCallParts, type Part } from "./part-model.ts";
import { NO_USAGE, textParts } from "./scripted-model.ts";

export const CANARY = "canary-51fd0c";

/** A failure as a provider's package throws it, with the canary wherever such a failure has something to tell. */
export function secretError(): Error {
  return Object.assign(new Error(`message ${CANARY}`, { cause: new Error(`cause ${CANARY}`) }), {
    name: "AI_APICallError",
    url: `https://${CANARY}.example`,
    statusCode: 400,
    isRetryable: false,
    requestBodyValues: { prompt: CANARY },
    responseHeaders: { "x-account": CANARY },
    responseBody: `{"error":"${CANARY}"}`,
    data: { error: CANARY },
  });
}

const EXTRAS = { request: { body: { system: CANARY } }, responseHeaders: { "x-account": CANARY, "set-cookie": CANARY } };

const EVERY_PART: readonly Part[] = [
  { type: "stream-start", warnings: [] },
  { type: "response-metadata", id: "r-1", modelId: "parts-2" },
  { type: "raw", rawValue: { hidden: CANARY } },
  { type: "reasoning-start", id: "r" },
  { type: "reasoning-delta", id: "r", delta: "hm" },
  { type: "reasoning-end", id: "r" },
  { type: "text-start", id: "t" },
  { type: "text-delta", id: "t", delta: "hello" },
  { type: "text-end", id: "t" },
  { type: "source", sourceType: "url", id: "s", url: "https://example.com", title: "Example" },
  { type: "file", mediaType: "text/plain", data: { type: "data", data: "aGk=" } },
  { type: "finish", finishReason: { unified: "stop", raw: "stop" }, usage: NO_USAGE },
];

/** `tool:<name>` calls that tool, `fail` rejects, `break` fails in the stream, `json` answers with data; anything else gets every kind of part. */
const model = partModel(({ prompt }): readonly Part[] => {
  if (prompt.at(-1)?.role === "tool") return textParts("done");
  const text = lastText(prompt);
  if (text.startsWith("tool:")) return toolCallParts(text.slice("tool:".length), { prompt: "tool:fails" });
  if (text === "fail") throw secretError();
  if (text === "break") return [...textParts("half").slice(0, 3), { type: "error", error: secretError() }, ...textParts().slice(-1)];
  if (text === "json") return textParts('{"a":', "1}");
  return EVERY_PART;
}, EXTRAS);

const addsSystem: Processor = {
  id: "adds-system",
  processInput: ({ messages }) => [
    { id: "s", role: "system", createdAt: new Date(0).toISOString(), content: { format: 2, parts: [{ type: "text", text: CANARY }] } },
    ...messages,
  ],
};

const trips: Processor = { id: "trips", processInput: ({ abort }) => abort("refused", { metadata: { matched: CANARY } }) };
const tripsLate: Processor = { id: "trips-late", processOutputStep: ({ abort }) => abort("refused", { metadata: { matched: CANARY } }) };

const SECRET_CHUNK = { runId: "nested", from: "AGENT" as const };

/** A chunk of each type, as a nested run might write it, with the canary in everything that is not for callers. */
export function secretChunks(types: readonly string[]): { type: string }[] {
  const error = {
    name: "Error",
    message: "The run failed.",
    stack: `Error: ${CANARY}\n    at ${CANARY}.ts:1:1`,
    cause: { name: "Error", message: CANARY },
  };
  const headers = { "x-account": CANARY };
  const request = { body: CANARY };
  const metadata = { id: "m", timestamp: "t", modelId: "m", headers, request, modelMetadata: {}, secret: CANARY };
  const failed = { role: "tool", content: [{ type: "tool-result", output: { type: "error-text", value: CANARY } }] };
  const system = { role: "system", content: CANARY };
  const step = {
    content: failed.content,
    finishReason: "stop",
    usage: {},
    warnings: [],
    request,
    response: { ...metadata, secret: undefined, messages: [system, failed] },
  };
  const finish = {
    messageId: "m",
    stepResult: { reason: "stop" },
    metadata,
    output: { text: "", toolCalls: [], usage: {}, steps: [step], secret: CANARY },
    messages: { all: [system, failed], user: [system], nonUser: [failed] },
    processorRetryCount: 0,
    secret: CANARY,
  };
  const payloads: Record<string, object> = { finish, "step-finish": finish, "tool-error": { error, toolCallId: "c" }, error: { error } };
  return types.map((type) => ({
    type,
    ...SECRET_CHUNK,
    secret: CANARY,
    payload: payloads[type] ?? { id: "x", request, error, metadata: CANARY, secret: CANARY, ...(type === "abort" && { reason: CANARY }) },
  }));
}

export function canaryApp(nestedTypes: readonly string[]): Mastra {
  const fails = createTool({
    id: "fails",
    description: "Throws",
    execute: () => {
      throw secretError();
    },
  });
  const writes = createTool({
    id: "writes",
    description: "Writes what nested runs write",
    execute: async (_input, { writer }) => {
      for (const chunk of secretChunks(nestedTypes)) await writer.write(chunk);
      for (const output of secretChunks(nestedTypes))
        await writer.write({ type: "tool-output", ...SECRET_CHUNK, payload: { output, toolCallId: "c", toolName: "t" } });
      await writer.write({ type: "never-heard-of", ...SECRET_CHUNK, payload: CANARY });
      await writer.custom({ type: "data-note", data: "for everybody" });
      return "written";
    },
  });
  const guarded = createTool({ id: "guarded", description: "Needs approval", requireApproval: true, execute: () => "done" });
  const asks = createTool({
    id: "asks",
    description: "Suspends",
    resumeSchema: z.unknown(),
    execute: async (_input, { agent }) => (agent?.resumeData === undefined ? agent?.suspend({ question: "why" }) : "answered"),
  });
  const tools = { fails, writes, guarded, asks };
  const common = { instructions: CANARY, model, tools, defaultOptions: { system: CANARY } };
  const child = new Agent({ ...common, id: "child", name: "Child", description: "Helps" });
  const main = new Agent({
    ...common,
    id: "main",
    name: "Main",
    memory: new Memory({ options: { workingMemory: { enabled: true } } }),
    instructions: ({ requestContext }) => `${CANARY} ${String(requestContext.getRaw("tier"))}`,
    agents: { child },
    inputProcessors: [addsSystem],
  });
  const broken = new Agent({ ...common, id: "broken", name: "Broken", model: partModel(() => Promise.reject(secretError())) });
  const parent = new Agent({ ...common, id: "parent", name: "Parent", agents: { child, broken } });
  const tripped = new Agent({ ...common, id: "tripped", name: "Tripped", inputProcessors: [trips] });
  const trippedLate = new Agent({ ...common, id: "tripped-late", name: "Tripped late", outputProcessors: [tripsLate] });
  const throwing = new Agent({
    ...common,
    id: "throwing",
    name: "Throwing",
    instructions: () => {
      throw secretError();
    },
  });
  return new Mastra({
    storage: new MemoryStore(),
    vectors: { main: new MemoryVector() },
    logger: false,
    agents: { main, parent, child, broken, tripped, "tripped-late": trippedLate, throwing },
    tools,
    workflows: canaryWorkflows(CANARY, secretError, secretChunks(nestedTypes)),
  });
}
