import { FermataError } from "../../../errors.ts";
import { validate } from "../../../schema/schema.ts";
import { executeTool } from "../../../tools/execute.ts";
import type { AnyTool } from "../../../tools/tool.ts";
import type { Call } from "../../call.ts";

const NO_OUTPUT = { output: () => undefined, data: () => undefined };

/** Runs a tool for a direct caller. Input or output that does not fit is a reply `{ error: true, … }`, as in a run. */
export async function runTool(tool: AnyTool, input: unknown, call: Call): Promise<unknown> {
  await refuseUnapproved(tool, input, call);
  const outcome = await executeTool({
    tool,
    name: tool.id,
    input,
    requestContext: call.requestContext,
    abortSignal: call.signal,
    mastra: call.mastra,
    output: NO_OUTPUT,
  });
  switch (outcome.kind) {
    case "result":
    case "invalid":
      return outcome.value;
    case "suspended":
      throw new FermataError("CONFLICT", `Tool "${tool.id}" waits for an answer, which only a run can do: call it through an agent.`);
    case "error":
      if (call.signal.aborted) throw call.signal.reason;
      if (FermataError.is(outcome.error)) throw outcome.error;
      throw new FermataError("TOOL_FAILED", `Tool "${tool.id}" failed.`, { cause: outcome.error });
  }
}

/** A tool that needs approval cannot be reached around the people who approve. */
async function refuseUnapproved(tool: AnyTool, input: unknown, call: Call): Promise<void> {
  const { requireApproval, inputSchema } = tool;
  if (!requireApproval) return;
  if (typeof requireApproval === "function") {
    const checked = inputSchema ? await validate(inputSchema, input) : { ok: true as const, value: input };
    // The tool's own input, just checked against its own schema. What does not fit is told by the execution itself.
    if (!checked.ok || !(await requireApproval(checked.value as never, { requestContext: call.requestContext }))) return;
  }
  throw new FermataError("FORBIDDEN", `Tool "${tool.id}" needs approval: call it through an agent.`);
}
