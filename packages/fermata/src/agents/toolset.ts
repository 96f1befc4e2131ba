import { FermataError } from "../errors.ts";
import { asTool } from "../tools/ai-sdk-tool.ts";
import { isProviderTool, type AnyTool, type Tools } from "../tools/tool.ts";
import { delegateTool, type Delegate } from "./delegation.ts";
import type { RunTool } from "./loop/run.ts";
import type { AgentOptions } from "./options.ts";

const NAME = /^[^\p{Cc}]{1,128}$/u;

/** The tools that an agent brings itself, by the name that the model knows them under. */
export function ownTools(
  tools: Tools,
  agents: Readonly<Record<string, Delegate>>,
  workflows: Readonly<Record<string, AnyTool>>,
): Map<string, RunTool> {
  const result = new Map<string, RunTool>();
  addTools(result, tools);
  for (const [key, agent] of Object.entries(agents)) result.set(`agent-${key}`, { kind: "agent", tool: delegateTool(key, agent) });
  addTools(result, workflows);
  return result;
}

/** An agent's tools with those that a call brings along. */
export function withCallTools(own: ReadonlyMap<string, RunTool>, options: AgentOptions): ReadonlyMap<string, RunTool> {
  const { toolsets, clientTools } = options;
  if (!toolsets && !clientTools) return own;
  const result = new Map(own);
  for (const tools of Object.values(toolsets ?? {})) addTools(result, tools);
  for (const [name, tool] of Object.entries(clientTools ?? {})) {
    if (!NAME.test(name))
      throw new FermataError(
        "VALIDATION_FAILED",
        `Unusable client tool name ${JSON.stringify(name)}: it needs 1 to 128 characters, none of them a control character.`,
      );
    // A caller's tool may not take the place of the agent's own: its calls would silently go elsewhere.
    if (own.has(name))
      throw new FermataError("VALIDATION_FAILED", `The client tool "${name}" has the name of one of the agent's own tools.`);
    result.set(name, { kind: "client", tool });
  }
  return result;
}

function addTools(result: Map<string, RunTool>, tools: Tools): void {
  for (const [name, tool] of Object.entries(tools)) {
    if (!NAME.test(name)) throw new FermataError("MISCONFIGURED", `Unusable tool name ${JSON.stringify(name)}.`);
    const known = asTool(name, tool);
    result.set(name, isProviderTool(known) ? { kind: "provider", tool: known } : { kind: "own", tool: known });
  }
}

/** The tools that a memory brings. The agent's own of the same name stay: the app has made its own arrangements. */
export function withMemoryTools(
  tools: ReadonlyMap<string, RunTool>,
  memory: Readonly<Record<string, AnyTool>>,
): ReadonlyMap<string, RunTool> {
  const added = Object.entries(memory).filter(([name]) => !tools.has(name));
  if (added.length === 0) return tools;
  return new Map([...tools, ...added.map(([name, tool]) => [name, { kind: "own", tool }] as const)]);
}
