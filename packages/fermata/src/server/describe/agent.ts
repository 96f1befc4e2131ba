import type { z } from "zod";
import type { Agent } from "../../agents/agent.ts";
import type { AgentDescription } from "../../contract/shapes/agent.ts";
import { messageOf } from "../../errors.ts";
import type { ModelCandidate } from "../../models/types.ts";
import type { Call } from "../call.ts";
import { describeTools, envelope } from "./tool.ts";

type Description = z.input<typeof AgentDescription>;

/** An agent as clients see it, for this request's context. What cannot be resolved is left out. */
export async function describeAgent(agent: Agent, call: Call, partial = false): Promise<Description> {
  const { requestContext } = call;
  const args = { requestContext };
  const [tools, agents, workflows, processors, models] = await Promise.all([
    known(agent, "tools", call, () => agent.listTools(args), {}),
    known(agent, "agents", call, () => agent.listAgents(args), {}),
    known(agent, "workflows", call, () => agent.listWorkflows(args), {}),
    known(agent, "processors", call, () => agent.listProcessors(args), { input: [], output: [] }),
    known<readonly ModelCandidate[]>(agent, "model", call, () => agent.getModels(args), []),
  ]);
  const model = models[0]?.model;
  return {
    name: agent.name,
    description: agent.description,
    ...(agent.metadata && { metadata: { ...agent.metadata } }),
    // What an agent is told is the app's own affair: it does not go out to the public.
    ...(call.audience === "operator" && { instructions: await agent.getInstructions(args) }),
    agents: Object.fromEntries(Object.entries(agents).map(([key, { id, name }]) => [key, { id, name }])),
    tools: describeTools(tools, partial),
    workflows: Object.fromEntries(
      Object.entries(workflows).map(([key, { id, stepIds }]) => [
        key,
        { name: id, steps: Object.fromEntries(stepIds.map((step) => [step, { id: step }])) },
      ]),
    ),
    skills: [],
    workspaceTools: [],
    browserTools: [],
    hasBrowser: false,
    inputProcessors: processors.input.map(toNamed),
    outputProcessors: processors.output.map(toNamed),
    ...(model && { provider: model.provider, modelId: model.modelId, modelVersion: model.specificationVersion }),
    ...(models.length > 1 && { modelList: models.map(toListItem) }),
    supportsMemory: true,
    ...(agent.requestContextSchema && { requestContextSchema: envelope(agent.requestContextSchema) }),
    defaultOptions: {},
    defaultGenerateOptionsLegacy: {},
    defaultStreamOptionsLegacy: {},
    source: "code",
  };
}

/** What an agent gives for this request. One that cannot say leaves a gap in its own description, not in everybody's. */
export async function known<V>(agent: Agent, what: string, call: Call, ask: () => Promise<V>, otherwise: V): Promise<V> {
  try {
    return await ask();
  } catch (error) {
    call.logger.warn("An agent cannot be described in full", { agent: agent.id, what, reason: messageOf(error) });
    return otherwise;
  }
}

function toNamed({ id, name }: { readonly id: string; readonly name?: string }): { id: string; name: string } {
  return { id, name: name ?? id };
}

function toListItem({ id, model, maxRetries }: ModelCandidate): NonNullable<Description["modelList"]>[number] {
  const { provider, modelId, specificationVersion } = model;
  return { id: id ?? modelId, enabled: true, maxRetries, model: { provider, modelId, modelVersion: specificationVersion } };
}
