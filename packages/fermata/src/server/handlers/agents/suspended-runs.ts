import type { agents } from "../../../contract/routes/agents.ts";
import type { Handler } from "../../route-table.ts";

export const suspendedRuns: Handler<typeof agents.suspendedRuns> = async ({ params, query }, call) => {
  const { threadId, resourceId, fromDate, toDate, page, perPage } = query;
  const { runs, total } = await call.mastra.getAgentById(params.agentId).listSuspendedRuns({
    principal: call.principal,
    ...(threadId !== undefined && { threadId }),
    ...(resourceId !== undefined && { resourceId }),
    ...(fromDate !== undefined && { from: fromDate }),
    ...(toDate !== undefined && { to: toDate }),
    ...(page !== undefined && { page }),
    ...(perPage !== undefined && { perPage }),
  });
  return {
    runs: runs.map(({ runId, threadId: thread, resourceId: resource, suspendedAt, calls }) => ({
      runId,
      status: "suspended" as const,
      ...(thread !== undefined && { threadId: thread }),
      ...(resource !== undefined && { resourceId: resource }),
      suspendedAt: new Date(suspendedAt).toISOString(),
      toolCalls: [...calls],
    })),
    total,
  };
};
