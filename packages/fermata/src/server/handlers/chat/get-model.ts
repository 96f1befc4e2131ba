import type { chat } from "../../../contract/routes/chat.ts";
import type { Handler } from "../../route-table.ts";
import { toModel } from "./list-models.ts";
import { agentForModel } from "./named-agent.ts";

export const getModel: Handler<typeof chat.getModel> = async ({ params }, call) => {
  const agent = agentForModel(params.model, call);
  await call.mayUse(agent);
  return toModel(agent);
};
