import type { memory as routes } from "../../../contract/routes/memory.ts";
import type { Handler } from "../../route-table.ts";
import { openMemory, ownerOf, threadOf } from "./open-memory.ts";
import { toWireMessage } from "./wire.ts";

export const listMessages: Handler<typeof routes.listMessages> = async ({ params, query }, call) => {
  const memory = await openMemory(query, call);
  const { id: threadId } = await threadOf(memory, params.threadId);
  const { page, perPage, orderBy, include, filter } = query;
  const { messages, ...rest } = await memory.recall({ threadId, page, perPage, orderBy, include, filter });
  return { messages: messages.map((message) => toWireMessage(message, call)), ...rest, uiMessages: null };
};

export const saveMessages: Handler<typeof routes.saveMessages> = async ({ query, body }, call) => {
  const memory = await openMemory({ agentId: query.agentId }, call);
  const messages = body.messages.map((message) => ({ ...message, resourceId: ownerOf(message.resourceId, call) }));
  return { messages: (await memory.saveMessages({ messages })).messages.map((message) => toWireMessage(message, call)) };
};

export const deleteMessages: Handler<typeof routes.deleteMessages> = async ({ query, body }, call) => {
  const memory = await openMemory(query, call);
  const refs = Array.isArray(body.messageIds) ? body.messageIds : [body.messageIds];
  const ids = refs.map((ref) => (typeof ref === "string" ? ref : ref.id));
  await memory.deleteMessages(ids);
  return { success: true, message: `${ids.length} message${ids.length === 1 ? "" : "s"} deleted successfully` };
};
