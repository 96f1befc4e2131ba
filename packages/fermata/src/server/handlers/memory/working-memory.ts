import type { memory as routes } from "../../../contract/routes/memory.ts";
import type { Handler } from "../../route-table.ts";
import { openMemory, ownerOf, refuseForeign, threadOf } from "./open-memory.ts";

export const getWorkingMemory: Handler<typeof routes.getWorkingMemory> = async ({ params, query }, call) => {
  const memory = await openMemory(query, call);
  const { threadId } = params;
  const thread = await memory.getThreadById({ threadId });
  if (!thread) await refuseForeign(memory, threadId);
  const resourceId = ownerOf(query.resourceId, call) ?? thread?.resourceId;
  return {
    workingMemory: resourceId === undefined ? null : await memory.getWorkingMemory({ threadId, resourceId }),
    source: memory.config.workingMemory?.scope ?? "thread",
    workingMemoryTemplate: memory.getWorkingMemoryTemplate(),
    threadExists: thread !== null,
  };
};

export const updateWorkingMemory: Handler<typeof routes.updateWorkingMemory> = async ({ params, query, body }, call) => {
  const memory = await openMemory({ agentId: query.agentId, resourceId: body.resourceId }, call);
  const { id: threadId, resourceId } = await threadOf(memory, params.threadId);
  await memory.updateWorkingMemory({ threadId, resourceId, workingMemory: body.workingMemory });
  return { success: true };
};
