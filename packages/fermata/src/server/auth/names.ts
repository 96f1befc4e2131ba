import type { Mastra } from "../../mastra.ts";

/** The one thing that a route is about. */
export interface Names {
  /** The name that stands for it, whichever the request used. */
  readonly id: string;
  /** All names that it answers to. */
  readonly all: readonly string[];
}

/** What a parameter names. An agent, a workflow and a tool may each be asked for by id or by the key that it is registered under. */
export function namesOf(parameter: string | undefined, params: Readonly<Record<string, string>>, mastra: Mastra): Names | undefined {
  const given = parameter === undefined ? undefined : params[parameter];
  if (given === undefined) return undefined;
  if (parameter === "agentId") return registered(given, mastra.listAgents());
  if (parameter === "workflowId") return registered(given, mastra.listWorkflows());
  if (parameter === "toolId") return registered(given, mastra.listTools());
  return { id: given, all: [given] };
}

/** A key goes before an id, as where the thing itself is looked up. */
function registered(given: string, things: Readonly<Record<string, { readonly id: string }>>): Names {
  const entry = Object.hasOwn(things, given)
    ? ([given, things[given]] as const)
    : Object.entries(things).find(([, { id }]) => id === given);
  const [key, thing] = entry ?? [];
  if (key === undefined || thing === undefined) return { id: given, all: [given] };
  // An id that is another thing's key does not stand for this one.
  if (Object.hasOwn(things, thing.id) && things[thing.id] !== thing) return { id: key, all: [key] };
  return { id: thing.id, all: key === thing.id ? [key] : [key, thing.id] };
}
