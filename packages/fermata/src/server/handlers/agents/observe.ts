import type { agents } from "../../../contract/routes/agents.ts";
import { FermataError } from "../../../errors.ts";
import type { Handler } from "../../route-table.ts";
import { findRun } from "../runs/find-run.ts";
import { runSource } from "../runs/run-source.ts";

export const observe: Handler<typeof agents.observe> = async ({ params, body }, call) => {
  const agent = call.mastra.getAgentById(params.agentId);
  const run = await findRun(body.runId, call);
  if (run.kind !== "agent" || run.name !== agent.id) throw new FermataError("NOT_FOUND", `Run ${body.runId} not found`);
  return runSource(run, call, { after: call.lastEventId ?? body.offset ?? 0 });
};

/** A run is always recovered by whichever process finds its own gone: what is left to do is to look. */
export const recover: Handler<typeof agents.recover> = async ({ params, body }, call) => {
  const agent = call.mastra.getAgentById(params.agentId);
  if (!call.mastra.runsFor || agent.durability === "memory")
    throw new FermataError(
      "VALIDATION_FAILED",
      "Agent does not support recover. Its turns are kept where the app has a storage and the agent's durability is not 'memory'.",
    );
  return observe({ params, query: undefined, body: { ...body, offset: undefined } }, call);
};
