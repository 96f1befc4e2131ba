import { describe, expect, test } from "vitest";
import { z } from "zod";
import { callParts, chunksOf, payloads, turnModel, typesOf, type Turn, type TurnModel } from "../../test/support/turn-model.ts";
import { textSuspensionStore } from "../../test/support/text-suspension-store.ts";
import { RequestContext } from "../context/request-context.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { createTool, type AnyTool } from "../tools/index.ts";
import { Agent, type AgentConfig } from "./agent.ts";
import type { AgentOptions } from "./options.ts";

const ran: string[] = [];
const gated = createTool({
  id: "gated",
  description: "g",
  inputSchema: z.object({ n: z.number() }),
  requireApproval: true,
  execute: ({ n }) => {
    ran.push(`gated ${n}`);
    return n * 2;
  },
});
const asks = createTool({
  id: "asks",
  description: "a",
  inputSchema: z.object({ to: z.string() }),
  suspendSchema: z.object({ question: z.string() }),
  resumeSchema: z.object({ sure: z.boolean() }),
  execute: async ({ to }, { agent }) => {
    const answer = agent?.resumeData as { sure: boolean } | undefined;
    if (!answer) return agent?.suspend({ question: `Really to ${to}?` });
    return answer.sure ? "sent" : "kept";
  },
});
const free = createTool({ id: "free", description: "f", execute: () => "free" });
const tools: Record<string, AnyTool> = { gated, asks, free };

/** Agents that share a store as the processes of one app do; each call of `agent` is a restart. */
function house(config: Partial<AgentConfig> = {}) {
  const suspensions = textSuspensionStore();
  const models: TurnModel[] = [];
  ran.length = 0;
  return {
    suspensions,
    models,
    agent(...turns: Turn[]): Agent {
      const model = turnModel(...turns);
      models.push(model);
      const made = new Agent({ id: "a", name: "A", instructions: "Careful.", tools, ...config, model });
      made.attach({ logger: silentLogger(), suspensions });
      return made;
    },
  };
}

async function suspended(at: ReturnType<typeof house>, turn: Turn, options: AgentOptions = {}): Promise<string> {
  const result = await at.agent(turn).generate("hi", options);
  expect(result.finishReason).toBe("suspended");
  return result.runId;
}

const GATED = callParts(["gated", { n: 4 }]);
const ASKS = callParts(["asks", { to: "Ann" }]);

describe("approval", () => {
  test("the stream ends with tool-call-approval", async () => {
    const chunks = await chunksOf(await house().agent(GATED).stream("hi"));
    expect(typesOf(chunks).slice(-2)).toEqual(["tool-call", "tool-call-approval"]);
    expect(payloads(chunks, "tool-call-approval")[0]).toMatchObject({ toolCallId: "call-1", toolName: "gated", args: { n: 4 } });
    expect(ran).toEqual([]);
  });

  test("approved: the stream begins with the result and goes on to the end", async () => {
    const at = house();
    const runId = await suspended(at, GATED);
    const chunks = await chunksOf(await at.agent("8 it is").approveToolCall({ runId }));
    expect(typesOf(chunks)).toEqual([
      "tool-result",
      "step-finish",
      "step-start",
      "text-start",
      "text-delta",
      "text-end",
      "step-finish",
      "finish",
    ]);
    expect(payloads(chunks, "tool-result")[0]?.result).toBe(8);
  });

  test("approved, as generate: the model is told the result and the conversation", async () => {
    const at = house();
    const runId = await suspended(at, GATED);
    const result = await at.agent("8 it is").approveToolCallGenerate({ runId, toolCallId: "call-1" });
    expect(result).toMatchObject({ text: "8 it is", finishReason: "stop", runId });
    expect(at.models[1]?.calls[0]?.prompt.map(({ role }) => role)).toEqual(["system", "user", "assistant", "tool"]);
    expect(at.suspensions.rows.size).toBe(0);
  });

  test.each([
    ["without a reason", {}, "Tool call was not approved by the user"],
    ["with a reason", { reason: "too much" }, "too much"],
  ])("declined %s: the tool does not run and the model is told", async (_how, extra, told) => {
    const at = house();
    const runId = await suspended(at, GATED);
    const chunks = await chunksOf(await at.agent("ok, not").declineToolCall({ runId, ...extra }));
    expect(typesOf(chunks).slice(0, 2)).toEqual(["tool-output-denied", "step-finish"]);
    expect(JSON.stringify(at.models[1]?.calls[0]?.prompt)).toContain(told);
    expect(ran).toEqual([]);
  });

  test("declined, as generate", async () => {
    const at = house();
    const runId = await suspended(at, GATED);
    const result = await at.agent("ok").declineToolCallGenerate({ runId, reason: "no" });
    const invocation = result.messages.at(-1)?.content.parts.find(({ type }) => type === "tool-invocation");
    expect(invocation).toMatchObject({ toolInvocation: { state: "output-denied", approval: { approved: false, reason: "no" } } });
  });

  test("approving twice finds nothing the second time", async () => {
    const at = house();
    const runId = await suspended(at, GATED);
    await at.agent("ok").approveToolCallGenerate({ runId });
    await expect(at.agent("ok").approveToolCallGenerate({ runId })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(ran).toEqual(["gated 4"]);
  });

  test("of two approvals at the same time exactly one wins", async () => {
    const at = house();
    const runId = await suspended(at, GATED);
    const both = await Promise.allSettled([
      at.agent("ok").approveToolCallGenerate({ runId }),
      at.agent("ok").approveToolCallGenerate({ runId }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(ran).toEqual(["gated 4"]);
  });

  test("another agent's run is not found", async () => {
    const at = house();
    const runId = await suspended(at, GATED);
    const other = new Agent({ id: "b", name: "B", instructions: "", model: turnModel("x"), tools });
    other.attach({ logger: silentLogger(), suspensions: at.suspensions });
    await expect(other.approveToolCallGenerate({ runId })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(at.suspensions.rows.size).toBe(1);
  });

  test("an unknown toolCallId leaves the run waiting", async () => {
    const at = house();
    const runId = await suspended(at, GATED);
    await expect(at.agent().approveToolCallGenerate({ runId, toolCallId: "nope" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await at.agent("ok").approveToolCallGenerate({ runId })).text).toBe("ok");
  });

  test("an approval whose caller is gone already leaves the run waiting", async () => {
    const at = house();
    const runId = await suspended(at, GATED);
    await expect(at.agent("ok").approveToolCallGenerate({ runId, abortSignal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(at.suspensions.rows.size).toBe(1);
  });
});

test("a reader that is gone when the run begins to wait does not undo the waiting", async () => {
  const at = house();
  const open = await at.agent(GATED).open("hi", {}, "stream");
  const run = await open.start({ push: (chunk) => (chunk.type === "tool-call-approval" ? Promise.reject(new Error("gone")) : undefined) });
  expect(run.status).toBe("suspended");
  expect((await at.agent("ok").approveToolCallGenerate({ runId: run.id })).text).toBe("ok");
});

describe("who asks for approval", () => {
  const nothing = async (options: AgentOptions, config: Partial<AgentConfig> = {}, turn = callParts(["free"])) =>
    (await house(config).agent(turn, "ok").generate("hi", options)).finishReason;

  test("requireToolApproval: true gates every tool", async () => expect(await nothing({ requireToolApproval: true })).toBe("suspended"));
  test("requireToolApproval: false does not", async () => expect(await nothing({ requireToolApproval: false })).toBe("stop"));
  test("requireToolApproval decides by name and arguments", async () => {
    const requireToolApproval: AgentOptions["requireToolApproval"] = async ({ toolName, args }) =>
      toolName === "free" && JSON.stringify(args) === '{"x":1}';
    expect(await nothing({ requireToolApproval })).toBe("stop");
    expect(await nothing({ requireToolApproval }, {}, callParts(["free", { x: 1 }]))).toBe("suspended");
  });
  test("a check that throws asks", async () => {
    const requireToolApproval = () => {
      throw new Error("broken");
    };
    expect(await nothing({ requireToolApproval })).toBe("suspended");
  });
  test("a tool decides by its own input and the request", async () => {
    const pay = createTool({
      id: "pay",
      description: "p",
      inputSchema: z.object({ eur: z.number() }),
      requireApproval: ({ eur }, { requestContext }) => eur > 10 && requestContext.getRaw("boss") !== true,
      execute: () => "paid",
    });
    const run = (eur: number, boss: boolean) =>
      nothing({ requestContext: new RequestContext([["boss", boss]]) }, { tools: { pay } }, callParts(["pay", { eur }]));
    expect([await run(5, false), await run(50, false), await run(50, true)]).toEqual(["stop", "suspended", "stop"]);
  });
  test("nobody is asked about arguments that do not fit", async () =>
    expect(await nothing({}, {}, callParts(["gated", { n: "x" }]))).toBe("stop"));
});

describe("several waiting calls", () => {
  const THREE = callParts(["gated", { n: 1 }, "one"], ["free", {}, "two"], ["gated", { n: 3 }, "three"]);

  test("those that need nobody run, and the stream ends with what it waits for", async () => {
    expect(typesOf(await chunksOf(await house().agent(THREE).stream("hi"))).slice(-3)).toEqual([
      "tool-result",
      "tool-call-approval",
      "tool-call-approval",
    ]);
  });

  test.each([
    ["one", "three"],
    ["three", "one"],
  ])("answered in the order %s, %s: the run waits until all are answered", async (first, second) => {
    const at = house();
    const runId = await suspended(at, THREE);
    const chunks = await chunksOf(await at.agent().approveToolCall({ runId, toolCallId: first }));
    expect(typesOf(chunks)).toEqual(["tool-result", "tool-call-approval"]);
    expect(payloads(chunks, "tool-call-approval")[0]?.toolCallId).toBe(second);
    const result = await at.agent("done").declineToolCallGenerate({ runId, toolCallId: second });
    expect(result.text).toBe("done");
    const told = at.models[2]?.calls[0]?.prompt.at(-1);
    expect(told?.content).toMatchObject([{ toolCallId: "one" }, { toolCallId: "two" }, { toolCallId: "three" }]);
  });

  test("an answer that does not say which is refused, and the run goes on waiting", async () => {
    const at = house();
    const runId = await suspended(at, THREE);
    await expect(at.agent().approveToolCallGenerate({ runId })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(at.suspensions.rows.size).toBe(1);
  });
});

describe("a tool that suspends", () => {
  test("the stream ends with what it asks", async () => {
    const chunks = await chunksOf(await house().agent(ASKS).stream("hi"));
    const [asked] = payloads(chunks, "tool-call-suspended");
    expect(typesOf(chunks).at(-1)).toBe("tool-call-suspended");
    expect(asked).toMatchObject({ suspendPayload: { question: "Really to Ann?" }, args: { to: "Ann" } });
    expect(JSON.parse(asked?.resumeSchema ?? "")).toMatchObject({ properties: { sure: { type: "boolean" } } });
  });

  test("resumed as a stream", async () => {
    const at = house();
    const runId = await suspended(at, ASKS);
    const chunks = await chunksOf(await at.agent("gone").resumeStream({ sure: true }, { runId }));
    expect(payloads(chunks, "tool-result")[0]?.result).toBe("sent");
  });

  test("resumed as generate", async () => {
    const at = house();
    const runId = await suspended(at, ASKS);
    expect((await at.agent("gone").resumeGenerate({ sure: false }, { runId })).toolResults[0]?.payload.result).toBe("kept");
  });

  test.each([
    ["data that does not fit", { sure: "yes" }],
    ["nothing", undefined],
  ])("%s is refused, and the run goes on waiting", async (_what, data) => {
    const at = house();
    const runId = await suspended(at, ASKS);
    await expect(at.agent().resumeGenerate(data, { runId })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect((await at.agent("ok").resumeGenerate({ sure: true }, { runId })).text).toBe("ok");
  });

  test("a payload that does not fit its schema is the tool's failure", async () => {
    const odd = createTool({
      id: "odd",
      description: "o",
      suspendSchema: z.object({ q: z.string() }),
      execute: (_input, { agent }) => agent?.suspend({ q: 1 }),
    });
    expect(
      (
        await house({ tools: { odd } })
          .agent(callParts(["odd"]), "ok")
          .generate("hi")
      ).finishReason,
    ).toBe("stop");
  });

  test("an approved tool may still suspend", async () => {
    const at = house({ tools: { asks: { ...asks, requireApproval: true } } });
    const runId = await suspended(at, ASKS);
    const second = await at.agent().approveToolCallGenerate({ runId });
    expect(second.finishReason).toBe("suspended");
    expect((await at.agent("ok").resumeGenerate({ sure: true }, { runId })).text).toBe("ok");
  });
});

describe("what comes back", () => {
  test("request context, but not the caller's token", async () => {
    const seen: unknown[] = [];
    const look = createTool({
      id: "look",
      description: "l",
      requireApproval: true,
      execute: (_input, { requestContext }) => {
        seen.push(requestContext.all);
        return "ok";
      },
    });
    const at = house({ tools: { look } });
    const requestContext = new RequestContext<Record<string, unknown>>([
      ["tier", "gold"],
      ["mastra__authToken", "canary"],
    ]);
    const runId = await suspended(at, callParts(["look"]), { requestContext });
    expect([...at.suspensions.rows.values()].join()).not.toContain("canary");
    await at.agent("ok").approveToolCallGenerate({ runId, requestContext: new RequestContext([["lang", "de"]]) });
    expect(seen).toEqual([{ tier: "gold", lang: "de" }]);
  });

  test("steps, usage and text of before", async () => {
    const at = house();
    const first = await at.agent(callParts(["free"]), GATED).generate("hi");
    const result = await at.agent("end").approveToolCallGenerate({ runId: first.runId });
    expect(result.steps.length).toBe(3);
    expect(result.toolResults.map(({ payload }) => payload.result)).toEqual(["free", 8]);
  });

  test("structured output, checked by its schema", async () => {
    const at = house();
    const structuredOutput = { schema: z.object({ total: z.number() }) };
    const runId = await suspended(at, GATED, { structuredOutput });
    expect((await at.agent('{"total":8}').approveToolCallGenerate({ runId })).object).toEqual({ total: 8 });
    const again = await suspended(at, GATED, { structuredOutput });
    await expect(at.agent('{"total":"x"}').approveToolCallGenerate({ runId: again })).rejects.toMatchObject({
      code: "STRUCTURED_OUTPUT_SCHEMA_VALIDATION_FAILED",
    });
  });

  test.each([
    ["bytes", new Uint8Array([1, 2, 3]), { type: "data", data: "AQID" }],
    ["a Buffer", Buffer.from([1, 2, 3]), { type: "data", data: "AQID" }],
    ["a URL", new URL("https://example.com/a.png"), { type: "url", url: new URL("https://example.com/a.png") }],
  ])("a file given as %s", async (_what, data, expected) => {
    const at = house();
    const first = await at.agent(GATED).generate([{ role: "user", content: [{ type: "file", data, mediaType: "image/png" }] }]);
    await at.agent("ok").approveToolCallGenerate({ runId: first.runId });
    expect(at.models[1]?.calls[0]?.prompt[1]?.content[0]).toMatchObject({ type: "file", data: expected });
  });

  test("results that are no JSON do not stop a run from waiting", async () => {
    const odd: Record<string, unknown> = { big: 1n };
    odd.self = odd;
    const at = house({ tools: { gated, odd: createTool({ id: "odd", description: "o", execute: () => odd }) } });
    const runId = await suspended(at, callParts(["odd"], ["gated", { n: 1 }]));
    expect((await at.agent("ok").approveToolCallGenerate({ runId })).text).toBe("ok");
  });

  test("waiting runs are listed, and no longer once answered", async () => {
    const at = house();
    const runId = await suspended(at, GATED);
    const { runs, total } = await at.agent().listSuspendedRuns();
    expect([total, runs[0]?.runId, runs[0]?.calls]).toEqual([
      1,
      runId,
      [{ toolCallId: "call-1", toolName: "gated", args: { n: 4 }, requiresApproval: true }],
    ]);
    await at.agent("ok").approveToolCallGenerate({ runId });
    expect((await at.agent().listSuspendedRuns()).total).toBe(0);
  });
});
