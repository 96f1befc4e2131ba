import type { memory as routes } from "../../../contract/routes/memory.ts";
import { templateOf } from "../../../memory/working-memory.ts";
import type { Handler } from "../../route-table.ts";
import { memoryOf, openMemory } from "./open-memory.ts";

export const status: Handler<typeof routes.status> = async ({ query }, call) =>
  (await memoryOf(query.agentId, call)) ? { result: true, memoryType: "local" } : { result: false };

export const config: Handler<typeof routes.config> = async ({ query }, call) => {
  const { lastMessages, maxTokens, semanticRecall, workingMemory, generateTitle, readOnly, turns } = (await openMemory(query, call)).config;
  return {
    memoryType: "local",
    config: {
      lastMessages: lastMessages === 0 ? false : lastMessages,
      ...(maxTokens !== undefined && { messageHistory: { maxTokens } }),
      semanticRecall: semanticRecall ? { ...semanticRecall } : false,
      ...(workingMemory && { workingMemory: { enabled: true, scope: workingMemory.scope, template: templateOf(workingMemory).content } }),
      generateTitle: generateTitle !== undefined,
      readOnly,
      turns,
    },
  };
};
