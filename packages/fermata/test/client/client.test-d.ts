/** What the compiler knows of a client: a right call compiles, a wrong id, input or resume payload does not. Never run. */
import { expectTypeOf } from "vitest";
import { z } from "zod";
import { createClient, createClientTool, FermataClientError, type ClientErrorCode } from "../../src/client/index.ts";
import type { App } from "./app.ts";

const client = createClient<App>({ baseUrl: "http://127.0.0.1" });

// Agents are known by key and by id, and by nothing else.
const guide = client.agent("guide");
client.agent("plain");
client.agent("plain-agent");
// @ts-expect-error there is no such agent
client.agent("nobody");

// The calls and results of a stream have the types of their tool.
for await (const part of await guide.stream("hello", { activeTools: ["weather"], toolChoice: { type: "tool", toolName: "ask" } })) {
  if (part.type === "text-delta") expectTypeOf(part.payload.text).toEqualTypeOf<string>();
  if (part.type === "tool-call" && part.payload.toolName === "weather") expectTypeOf(part.payload.args).toEqualTypeOf<{ city: string }>();
  if (part.type === "tool-result" && part.payload.toolName === "refund")
    expectTypeOf(part.payload.result).toEqualTypeOf<{ refunded: string }>();
  if (part.type === "tool-call-suspended" && part.payload.toolName === "ask")
    expectTypeOf(part.payload.suspendPayload).toEqualTypeOf<{ question: string }>();
  // @ts-expect-error the agent has no such tool
  if (part.type === "tool-result" && part.payload.toolName === "reboot") break;
  // @ts-expect-error there is no such event
  if (part.type === "text") break;
}
// @ts-expect-error the agent has no such tool
await guide.stream("hello", { activeTools: ["reboot"] });
// @ts-expect-error there is no such option
await guide.generate("hello", { temperatur: 1 });
// @ts-expect-error steps are counted in numbers
await guide.generate("hello", { maxSteps: "three" });
for (const { payload } of (await guide.generate("hello")).toolResults)
  if (payload.toolName === "weather") expectTypeOf(payload.result).toEqualTypeOf<{ city: string; tempC: number }>();

// Structured output has the type of its schema, of any library.
const schema = z.object({ city: z.string(), tempC: z.number() });
expectTypeOf((await guide.generate("json", { structuredOutput: { schema } })).object).toEqualTypeOf<
  { city: string; tempC: number } | undefined
>();
for await (const part of await guide.stream("json", { structuredOutput: { schema } })) {
  if (part.type === "object") expectTypeOf(part.object).toEqualTypeOf<Partial<{ city: string; tempC: number }>>();
  if (part.type === "object-result") expectTypeOf(part.object).toEqualTypeOf<{ city: string; tempC: number }>();
}
// @ts-expect-error the fallback is of the schema's type
await guide.generate("json", { structuredOutput: { schema, errorStrategy: "fallback", fallbackValue: { city: 1 } } });

// An answer to a tool that suspended is of its resume schema.
await guide.resumeStream({ answer: "blue" }, { runId: "r" });
// @ts-expect-error no tool takes that
await guide.resumeStream({ colour: "blue" }, { runId: "r" });
// @ts-expect-error a run has to be named
await guide.resumeStream({ answer: "blue" }, {});

// Tools.
expectTypeOf(await client.tool("weather").execute({ city: "Paris" })).toEqualTypeOf<{ city: string; tempC: number }>();
// @ts-expect-error a city is a text
await client.tool("weather").execute({ city: 1 });
// @ts-expect-error the instance has no such tool
client.tool("ask");
expectTypeOf(await guide.executeTool("refund", { order: "A-1" })).toEqualTypeOf<{ refunded: string }>();
// @ts-expect-error an order is asked for
await guide.executeTool("refund", { city: "Paris" });

// Workflows.
const run = await client.workflow("article").createRun();
const result = await run.startAsync({ inputData: { text: "a" } });
if (result.status === "success") expectTypeOf(result.result).toEqualTypeOf<{ published: string }>();
if (result.status === "suspended") expectTypeOf(result.suspendPayload.review).toEqualTypeOf<{ question: string } | undefined>();
if (result.steps.publish?.status === "success") expectTypeOf(result.steps.publish.output).toEqualTypeOf<{ published: string }>();
// @ts-expect-error only a run that succeeded has a result
void result.result;
// @ts-expect-error there is no such workflow
client.workflow("articles");
// @ts-expect-error the workflow takes a text
await run.startAsync({ inputData: { text: 1 } });
// @ts-expect-error an input is needed
await run.start({});
await run.resumeAsync({ step: "review", resumeData: { ok: true } });
await run.resumeAsync({ step: ["review"], resumeData: { ok: true } });
// @ts-expect-error the step takes a boolean
await run.resumeAsync({ step: "review", resumeData: { ok: "yes" } });
// @ts-expect-error the step has another name
await run.resumeAsync({ step: "approve", resumeData: { ok: true } });
for await (const event of await run.stream({ inputData: { text: "a" } }))
  if (event.type === "workflow-finish") expectTypeOf(event.payload.finalWorkflowResult).toExtend<{ published: string } | undefined>();

// Client tools take what their schema says.
createClientTool({
  inputSchema: z.object({ zone: z.string() }),
  outputSchema: z.object({ time: z.string() }),
  execute: ({ zone }, { abortSignal }) => {
    expectTypeOf(zone).toEqualTypeOf<string>();
    expectTypeOf(abortSignal).toEqualTypeOf<AbortSignal>();
    return { time: zone };
  },
});
createClientTool({
  outputSchema: z.object({ time: z.string() }),
  // @ts-expect-error the result does not fit
  execute: () => ({ time: 12 }),
});

// Every route, by group and name.
const { threads } = await client.memory.listThreads({ query: { resourceId: "r" } });
expectTypeOf(threads[0]!.id).toEqualTypeOf<string>();
await client.agents.list();
expectTypeOf(await client.vectors.query({ params: { vectorName: "v" }, body: { indexName: "i", queryVector: [1] } })).toExtend<
  readonly { id: string; score: number }[]
>();
// @ts-expect-error a parameter of the path is missing
await client.agents.get({});
// @ts-expect-error the body is needed
await client.agents.generate({ params: { agentId: "guide" } });
for await (const event of await client.responses.create({ body: { agent_id: "guide", input: "hi", stream: true } }))
  expectTypeOf(event).toHaveProperty("type");
expectTypeOf(await client.responses.create({ body: { agent_id: "guide", input: "hi" } })).toHaveProperty("output");

// Failures have a code out of a closed list.
const failure: unknown = undefined;
if (FermataClientError.is(failure)) {
  expectTypeOf(failure.code).toEqualTypeOf<ClientErrorCode>();
  // @ts-expect-error there is no such code
  void (failure.code === "NOT_FUOND");
}

// A client that knows nothing of its server takes anything.
const untyped = createClient({ baseUrl: "http://127.0.0.1" });
expectTypeOf((await untyped.agent("any").generate("hi")).object).toEqualTypeOf<unknown>();
const free = await untyped.workflow("any").createRun();
await free.startAsync({ inputData: 1 });
await free.startAsync({});
await free.resumeAsync({ step: "any", resumeData: { a: 1 } });
expectTypeOf(await untyped.tool("any").execute("x")).toEqualTypeOf<unknown>();
for await (const part of await untyped.agent("any").stream("hi"))
  if (part.type === "tool-call") expectTypeOf(part.payload.toolName).toEqualTypeOf<string>();
