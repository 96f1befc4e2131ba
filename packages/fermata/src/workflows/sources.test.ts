import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Agent } from "../agents/agent.ts";
import { Mastra } from "../mastra.ts";
import { createTool } from "../tools/index.ts";
import { callParts, turnModel } from "../../test/support/turn-model.ts";
import { createStep, createWorkflow, type WorkflowChunk } from "./index.ts";

const agentOf = (...turns: Parameters<typeof turnModel>) =>
  new Agent({ id: "helper", name: "Helper", instructions: "Help.", model: turnModel(...turns) });

async function read(stream: AsyncIterable<WorkflowChunk>): Promise<WorkflowChunk[]> {
  const chunks: WorkflowChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const outputs = (chunks: readonly WorkflowChunk[]): unknown[] =>
  chunks.flatMap((chunk) => (chunk.type === "workflow-step-output" && "payload" in chunk ? [chunk.payload.output] : []));

describe("steps made of other things", () => {
  test("an agent answers a prompt, and its chunks pass through", async () => {
    const workflow = createWorkflow({
      id: "w",
      inputSchema: z.object({ prompt: z.string() }),
      outputSchema: z.object({ text: z.string() }),
    })
      .then(createStep(agentOf("hello")))
      .commit();
    const stream = (await workflow.createRun()).stream({ inputData: { prompt: "hi" } });
    const types = outputs(await read(stream)).map((output) => (output as { type: string }).type);
    expect(types).toEqual(expect.arrayContaining(["start", "text-delta", "finish"]));
    expect(await stream.result).toMatchObject({ status: "success", result: { text: "hello" } });
  });

  test("an agent with structured output gives the data", async () => {
    const schema = z.object({ n: z.number() });
    const step = createStep(agentOf('{"n":4}'), { structuredOutput: { schema } });
    const workflow = createWorkflow({ id: "w", inputSchema: z.object({ prompt: z.string() }), outputSchema: schema })
      .then(step)
      .commit();
    expect(await (await workflow.createRun()).start({ inputData: { prompt: "a number" } })).toMatchObject({ result: { n: 4 } });
  });

  test("a tool gets the step's input, and what it suspends with suspends the step", async () => {
    const ask = createTool({
      id: "ask",
      description: "Asks",
      inputSchema: z.object({ q: z.string() }),
      outputSchema: z.object({ a: z.string() }),
      execute: async ({ q }, { agent }) =>
        agent?.resumeData === undefined ? agent?.suspend({ q }) : { a: `${q} ${z.string().parse(agent.resumeData)}` },
    });
    const workflow = createWorkflow({ id: "w", inputSchema: z.object({ q: z.string() }), outputSchema: z.object({ a: z.string() }) })
      .then(createStep(ask))
      .commit();
    const run = await workflow.createRun();
    expect(await run.start({ inputData: { q: "why" } })).toMatchObject({ status: "suspended", suspendPayload: { ask: { q: "why" } } });
    expect(await run.resume({ resumeData: "so" })).toMatchObject({ result: { a: "why so" } });
  });

  test("a tool that needs approval waits for it, and does not run when it is refused", async () => {
    let ran = 0;
    const risky = createTool({
      id: "risky",
      description: "Risky",
      inputSchema: z.object({}),
      requireApproval: true,
      execute: async () => ++ran,
    });
    const workflow = createWorkflow({ id: "w", inputSchema: z.object({}), outputSchema: z.any() })
      .then(createStep(risky))
      .commit();
    const refused = await workflow.createRun();
    expect(await refused.start({ inputData: {} })).toMatchObject({ status: "suspended" });
    expect(await refused.resume({ resumeData: { approved: false } })).toMatchObject({ status: "failed", error: { code: "FORBIDDEN" } });
    expect(ran).toBe(0);
    const approved = await workflow.createRun();
    await approved.start({ inputData: {} });
    expect(await approved.resume({ resumeData: { approved: true } })).toMatchObject({ status: "success", result: 1 });
  });

  test("a step reaches the agents of its instance, and can pipe their stream into its own", async () => {
    const step = createStep({
      id: "s",
      outputSchema: z.string(),
      execute: async ({ mastra, writer }) => {
        await writer.write({ note: 1 });
        await writer.custom({ type: "data-note", data: 2 });
        const answer = await mastra.getAgentById("helper").stream("hi");
        await answer.fullStream.pipeTo(writer);
        return answer.text;
      },
    });
    const workflow = createWorkflow({ id: "w", outputSchema: z.string() }).then(step).commit();
    const mastra = new Mastra({ logger: false, agents: { helper: agentOf("hello") }, workflows: { workflow } });
    const stream = (await mastra.getWorkflow("workflow").createRun()).stream();
    const chunks = await read(stream);
    expect(outputs(chunks)[0]).toEqual({ note: 1 });
    expect(chunks).toContainEqual({ type: "data-note", data: 2 });
    expect(await stream.result).toMatchObject({ result: "hello" });
  });

  test("a workflow that is used alone says that it has no agents", async () => {
    const workflow = createWorkflow({ id: "w" })
      .then(createStep({ id: "s", execute: async ({ mastra }) => mastra.getAgent("x").id }))
      .commit();
    expect(await (await workflow.createRun()).start()).toMatchObject({ status: "failed", error: { code: "MISCONFIGURED" } });
  });
});

describe("a workflow as a tool of an agent", () => {
  const double = createStep({
    id: "double",
    inputSchema: z.object({ n: z.number() }),
    outputSchema: z.number(),
    execute: async ({ inputData }) => inputData.n * 2,
  });
  const sum = () =>
    createWorkflow({ id: "sum", description: "Doubles", inputSchema: z.object({ n: z.number() }), outputSchema: z.number() })
      .then(double)
      .commit();

  test("is told to the model as workflow-<key> with inputData, and gives the result and the run's id", async () => {
    const model = turnModel(callParts(["workflow-doubler", { inputData: { n: 4 } }]), "8");
    const agent = new Agent({ name: "a", instructions: "i", model, workflows: { doubler: sum() } });
    const { toolResults } = await agent.generate("double 4");
    expect(toolResults[0]?.payload.result).toEqual({ result: 8, runId: expect.any(String) });
    expect(model.calls[0]?.tools?.[0]).toMatchObject({
      name: "workflow-doubler",
      description: "Doubles",
      inputSchema: { required: ["inputData"], properties: { inputData: { properties: { n: { type: "number" } } } } },
    });
  });

  test("shows its chunks as the tool's output", async () => {
    const agent = new Agent({
      name: "a",
      instructions: "i",
      model: turnModel(callParts(["workflow-doubler", { inputData: { n: 4 } }]), "8"),
      workflows: { doubler: sum() },
    });
    const types: string[] = [];
    for await (const chunk of (await agent.stream("double 4")).fullStream)
      if (chunk.type === "tool-output" && "payload" in chunk) types.push((chunk.payload.output as { type: string }).type);
    expect(types).toEqual(["workflow-start", "workflow-step-start", "workflow-step-result", "workflow-finish"]);
  });

  test("that waits makes the agent's run wait, and goes on with its answer", async () => {
    const ask = createStep({
      id: "ask",
      execute: async ({ resumeData, suspend }) => (resumeData === undefined ? suspend({ may: "I" }) : resumeData),
    });
    const workflow = createWorkflow({ id: "asks" }).then(ask).commit();
    const agent = new Agent({
      name: "a",
      instructions: "i",
      model: turnModel(callParts(["workflow-asks", { inputData: {} }]), "done"),
      workflows: { asks: workflow },
    });
    const waiting = await agent.generate("ask");
    expect(waiting).toMatchObject({ finishReason: "suspended", suspendPayload: { suspendPayload: { may: "I" } } });
    const { text, toolResults } = await agent.resumeGenerate({ yes: true }, { runId: waiting.runId });
    expect(toolResults[0]?.payload.result).toMatchObject({ result: { yes: true } });
    expect(text).toBe("done");
  });

  test("is cancelled with the agent's run", async () => {
    const seen: AbortSignal[] = [];
    const slow = createStep({
      id: "slow",
      execute: async ({ abortSignal }) =>
        new Promise(
          (_, reject) => (seen.push(abortSignal), abortSignal.addEventListener("abort", () => reject(abortSignal.reason as Error))),
        ),
    });
    const agent = new Agent({
      name: "a",
      instructions: "i",
      model: turnModel(callParts(["workflow-slow", { inputData: {} }])),
      workflows: { slow: createWorkflow({ id: "slow" }).then(slow).commit() },
    });
    const controller = new AbortController();
    const ended = agent.generate("go", { abortSignal: controller.signal });
    await expect.poll(() => seen.length).toBe(1);
    controller.abort();
    await expect(ended).rejects.toBeDefined();
    await expect.poll(() => seen[0]?.aborted).toBe(true);
  });
});
