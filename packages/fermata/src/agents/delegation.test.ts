import { describe, expect, test } from "vitest";
import { z } from "zod";
import { callParts, chunksOf, payloads, turnModel, typesOf, type TurnModel } from "../../test/support/turn-model.ts";
import { textSuspensionStore } from "../../test/support/text-suspension-store.ts";
import { RequestContext } from "../context/request-context.ts";
import { createTool, type AnyTool } from "../tools/index.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { Agent } from "./agent.ts";

const ASK = callParts(["agent-helper", { prompt: "What?" }]);

function helper(model: TurnModel, tools: Record<string, AnyTool> = {}): Agent {
  return new Agent({ id: "helper", name: "Helper", description: "Helps.", instructions: "Help.", model, tools });
}

function boss(model: TurnModel, child: Agent): Agent {
  return new Agent({ id: "boss", name: "Boss", instructions: "Lead.", model, agents: { helper: child } });
}

test("the model is told of the agent as a tool", async () => {
  const model = turnModel("ok");
  await boss(model, helper(turnModel())).generate("hi");
  expect(model.calls[0]?.tools?.[0]).toMatchObject({ name: "agent-helper", description: "Helps.", inputSchema: { required: ["prompt"] } });
});

test("the nested chunks are the tool's output, and its text is what the model reads", async () => {
  const model = turnModel(ASK, "done");
  const inner = turnModel("42");
  const chunks = await chunksOf(await boss(model, helper(inner)).stream("hi"));
  const nested = payloads(chunks, "tool-output").map(({ output }) => (output as { type: string }).type);
  expect(nested).toEqual(["start", "step-start", "text-start", "text-delta", "text-end", "step-finish", "finish"]);
  expect(payloads(chunks, "tool-result")[0]).toMatchObject({ toolName: "agent-helper", result: { text: "42", subAgentToolResults: [] } });
  expect(JSON.stringify(model.calls[1]?.prompt.at(-1))).toContain('"value":"42"');
  expect(JSON.stringify(inner.calls[0]?.prompt)).toContain("What?");
});

test("generate gives the same result", async () => {
  const free = createTool({ id: "free", description: "f", execute: () => 7 });
  const result = await boss(turnModel(ASK, "done"), helper(turnModel(callParts(["free"]), "42"), { free })).generate("hi");
  expect(result.toolResults[0]?.payload.result).toMatchObject({ text: "42", subAgentToolResults: [{ toolName: "free", result: 7 }] });
});

test("a nested failure is told to the model, and the run goes on", async () => {
  const model = turnModel(ASK, "without help");
  const chunks = await chunksOf(await boss(model, helper(turnModel(() => Promise.reject(new Error("secret"))))).stream("hi"));
  expect(typesOf(chunks)).toContain("tool-error");
  expect(payloads(chunks, "finish")[0]?.output.text).toBe("without help");
  expect(JSON.stringify(payloads(chunks, "tool-error")[0]?.error.message)).not.toContain("secret");
});

test("a call without a prompt is told to the model", async () => {
  const model = turnModel(callParts(["agent-helper", {}]), "ok");
  expect((await boss(model, helper(turnModel())).generate("hi")).text).toBe("ok");
});

test("the request context reaches the nested agent", async () => {
  let seen: unknown;
  const child = new Agent({
    id: "helper",
    name: "H",
    instructions: ({ requestContext }) => String((seen = requestContext.getRaw("tier"))),
    model: turnModel("x"),
  });
  await boss(turnModel(ASK, "ok"), child).generate("hi", { requestContext: new RequestContext([["tier", "gold"]]) });
  expect(seen).toBe("gold");
});

test("abort reaches the nested model", async () => {
  const controller = new AbortController();
  const inner = turnModel(({ abortSignal }) => {
    controller.abort(new Error("stop"));
    expect(abortSignal?.aborted).toBe(true);
    return "late";
  });
  const chunks = await chunksOf(await boss(turnModel(ASK, "never"), helper(inner)).stream("hi", { abortSignal: controller.signal }));
  expect(typesOf(chunks).at(-1)).toBe("abort");
});

test("an agent that has itself as a tool is told where it ends", async () => {
  let asked = 0;
  const self: Agent = new Agent({
    id: "self",
    name: "Self",
    instructions: "",
    agents: () => ({ self }),
    model: turnModel(
      ...Array.from({ length: 100 }, () => ({ prompt }: { prompt: readonly { role: string }[] }) => {
        asked++;
        return prompt.at(-1)?.role === "tool" ? "enough" : callParts(["agent-self", { prompt: "again" }]);
      }),
    ),
  });
  const result = await self.generate("hi");
  expect(result.text).toBe("enough");
  expect(asked).toBe(12);
});

describe("a nested run that waits", () => {
  const gated = createTool({
    id: "gated",
    description: "g",
    inputSchema: z.object({ n: z.number() }),
    requireApproval: true,
    execute: ({ n }) => n * 2,
  });
  const asks = createTool({
    id: "asks",
    description: "a",
    resumeSchema: z.object({ sure: z.boolean() }),
    execute: (_input, { agent }) => (agent?.resumeData === undefined ? agent?.suspend({ q: "sure?" }) : "asked"),
  });

  /** A new process on the same store. The nested agent is not registered anywhere: it lives with the one that delegates to it. */
  function house() {
    const suspensions = textSuspensionStore();
    return {
      suspensions,
      start(outer: TurnModel, inner: TurnModel): Agent {
        const made = boss(outer, helper(inner, { gated, asks }));
        made.attach({ logger: silentLogger(), suspensions });
        return made;
      },
    };
  }

  test("shows as the outer run's own, is answered there, and goes on after a restart", async () => {
    const at = house();
    const stream = await at.start(turnModel(ASK), turnModel(callParts(["gated", { n: 4 }]))).stream("hi");
    const chunks = await chunksOf(stream);
    expect(payloads(chunks, "tool-call-approval")[0]).toMatchObject({ toolCallId: "call-1", toolName: "gated", args: { n: 4 } });
    expect(at.suspensions.rows.size).toBe(2);
    const outer = turnModel("all done");
    const result = await at.start(outer, turnModel("it is 8")).approveToolCallGenerate({ runId: stream.runId });
    expect(result).toMatchObject({ text: "all done", toolResults: [{ payload: { result: { text: "it is 8" } } }] });
    expect(at.suspensions.rows.size).toBe(0);
  });

  test("declined: the nested model is told", async () => {
    const at = house();
    const { runId } = await at.start(turnModel(ASK), turnModel(callParts(["gated", { n: 4 }]))).generate("hi");
    const inner = turnModel("then not");
    await at.start(turnModel("ok"), inner).declineToolCallGenerate({ runId, reason: "too much" });
    expect(JSON.stringify(inner.calls[0]?.prompt)).toContain("too much");
  });

  test("suspended by a tool: data that does not fit is refused, data that fits goes on", async () => {
    const at = house();
    const { runId, suspendPayload } = await at.start(turnModel(ASK), turnModel(callParts(["asks"]))).generate("hi");
    expect(suspendPayload).toMatchObject({ toolName: "asks", suspendPayload: { q: "sure?" } });
    await expect(at.start(turnModel(), turnModel()).resumeGenerate({ sure: 1 }, { runId })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    const chunks = await chunksOf(await at.start(turnModel("ok"), turnModel("fine")).resumeStream({ sure: true }, { runId }));
    expect(payloads(chunks, "finish")[0]?.output.text).toBe("ok");
  });

  test("two nested waits are answered one after the other", async () => {
    const at = house();
    const two = callParts(["gated", { n: 1 }, "x"], ["gated", { n: 2 }, "y"]);
    const { runId } = await at.start(turnModel(ASK), turnModel(two)).generate("hi");
    expect((await at.start(turnModel(), turnModel()).approveToolCallGenerate({ runId })).finishReason).toBe("suspended");
    expect((await at.start(turnModel("end"), turnModel("x")).approveToolCallGenerate({ runId })).text).toBe("end");
  });
});
