/** What TypeScript knows of tools; checked by the type check, never run. */
import { expectTypeOf } from "vitest";
import { z } from "zod";
import { Agent } from "../agents/index.ts";
import { RequestContext } from "../context/index.ts";
import { Mastra } from "../mastra.ts";
import { turnModel } from "../../test/support/turn-model.ts";
import { createTool, type AnyTool, type ProviderTool, type Tool } from "./index.ts";

const weather = createTool({
  id: "weather",
  description: "Weather",
  inputSchema: z.object({ city: z.string(), days: z.number().default(1) }),
  outputSchema: z.object({ tempC: z.number() }),
  requireApproval: (input, { requestContext }) => {
    expectTypeOf(input).toEqualTypeOf<{ city: string; days: number }>();
    expectTypeOf(requestContext).toEqualTypeOf<RequestContext>();
    return input.days > 3;
  },
  execute: async (input, { agent, abortSignal }) => {
    expectTypeOf(input).toEqualTypeOf<{ city: string; days: number }>();
    expectTypeOf(agent?.resumeData).toEqualTypeOf<unknown>();
    expectTypeOf(abortSignal).toEqualTypeOf<AbortSignal>();
    return { tempC: 21 };
  },
  toModelOutput: (output) => {
    expectTypeOf(output).toEqualTypeOf<{ tempC: number }>();
    return `${output.tempC} degrees`;
  },
  inputExamples: [{ city: "Paris" }],
});
expectTypeOf(weather.id).toEqualTypeOf<"weather">();
expectTypeOf(weather).toExtend<AnyTool>();
expectTypeOf(weather).toExtend<Tool<typeof weather.inputSchema & object, typeof weather.outputSchema & object, "weather">>();

createTool({
  id: "wrong",
  description: "w",
  outputSchema: z.object({ n: z.number() }),
  // @ts-expect-error the result does not fit the output schema
  execute: () => ({ n: "x" }),
});
// @ts-expect-error a tool needs an id
createTool({ description: "w" });
createTool({ id: "bare", description: "b", execute: (input) => void expectTypeOf(input).toEqualTypeOf<unknown>() });
createTool({
  id: "json",
  description: "j",
  inputSchema: { type: "object" },
  execute: (input) => void expectTypeOf(input).toEqualTypeOf<unknown>(),
});
createTool({ id: "suspends", description: "s", outputSchema: z.string(), execute: (_input, { agent }) => agent?.suspend() ?? "x" });

const hosted: ProviderTool = { type: "provider", id: "openai.web_search", args: {} };
const agent = new Agent({ id: "helper", name: "Helper", instructions: "", model: turnModel(), tools: { weather, hosted } });
expectTypeOf(agent.id).toEqualTypeOf<"helper">();
expectTypeOf(agent).toExtend<Agent>();
expectTypeOf(new Agent({ name: "Unnamed", instructions: "", model: "auto" }).id).toEqualTypeOf<string>();
// @ts-expect-error a text is no tool
void new Agent({ name: "A", instructions: "", model: "auto", tools: { weather: "x" } });
void new Agent({
  name: "A",
  instructions: ({ requestContext }) => String(requestContext.getRaw("lang")),
  model: "auto",
  tools: async () => ({ weather }),
});

const mastra = new Mastra({ agents: { helper: agent }, tools: { weather } });
expectTypeOf(mastra.getAgent("helper")).toEqualTypeOf(agent);
expectTypeOf(mastra.getTool("weather")).toEqualTypeOf(weather);
expectTypeOf(mastra.listAgents()).toEqualTypeOf<{ helper: typeof agent }>();
// @ts-expect-error there is no such agent
void mastra.getAgent("nobody");

const schema = z.object({ total: z.number() });
const structured = await agent.generate("hi", {
  structuredOutput: { schema, fallbackValue: { total: 0 } },
  onFinish: ({ object }) => void expectTypeOf(object).toEqualTypeOf<{ total: number } | undefined>(),
});
expectTypeOf(structured.object).toEqualTypeOf<{ total: number } | undefined>();
expectTypeOf((await agent.stream("hi", { structuredOutput: { schema } })).object).resolves.toEqualTypeOf<{ total: number } | undefined>();
expectTypeOf((await agent.generate("hi")).object).toEqualTypeOf<unknown>();

const context = new RequestContext<{ tier: "free" | "gold"; age: number }>();
context.set("tier", "gold");
// @ts-expect-error there is no such tier
context.set("tier", "silver");
// @ts-expect-error there is no such key
context.set("teir", "gold");
expectTypeOf(context.get("age")).toEqualTypeOf<number>();
expectTypeOf(context.all).toEqualTypeOf<Partial<{ tier: "free" | "gold"; age: number }>>();
