import type { conversations as routes } from "../../../contract/routes/conversations.ts";
import { FermataError } from "../../../errors.ts";
import { itemPage } from "../../../protocols/openai/conversations/items.ts";
import { refused, refuseOthers } from "../../../protocols/openai/refusal.ts";
import { checkInclude } from "../../../protocols/openai/responses/options.ts";
import type { Handler } from "../../route-table.ts";
import { memoryOf, ownerOf } from "../memory/open-memory.ts";
import { addItems, toKeep } from "./add-items.ts";
import { findConversation, reachableMemories, type FoundConversation } from "./find-conversation.ts";
import { itemsOf, toConversation } from "./wire.ts";

const MEMBERS: ReadonlySet<string> = new Set([
  ...["agent_id", "conversation_id", "resource_id", "title", "metadata", "items", "requestContext"],
]);

/** A conversation of somebody else with the same id is nobody's business: the caller gets one of its own. */
const create: Handler<typeof routes.create> = async ({ body }, call) => {
  refuseOthers(body, MEMBERS, {});
  const { agent_id, conversation_id, title, metadata, items } = body;
  const kept = toKeep(items ?? []);
  const memory =
    agent_id === undefined
      ? (await reachableMemories(call))[0]
      : (await memoryOf(agent_id, call))?.for(call.principal, undefined, ownerOf(body.resource_id, call));
  if (!memory) {
    const message =
      agent_id === undefined ? "Memory storage is not configured for this server." : `Agent "${agent_id}" does not have memory configured`;
    throw refused(agent_id === undefined ? null : "agent_id", message);
  }
  const threadId = conversation_id ?? crypto.randomUUID();
  const resourceId = memory.store.reach.resourceId ?? ownerOf(body.resource_id, call) ?? body.resource_id ?? threadId;
  const thread = await memory.createThread({ threadId, resourceId, title, metadata: metadata ?? undefined });
  if (kept.length > 0) await addItems({ memory, thread }, kept);
  return toConversation(thread);
};

const get: Handler<typeof routes.get> = async ({ params }, call) =>
  toConversation((await findConversation(params.conversationId, call)).thread);

const update: Handler<typeof routes.update> = async ({ params, body }, call) => {
  const { memory, thread } = await findConversation(params.conversationId, call);
  return toConversation(await memory.updateThread({ id: thread.id, metadata: body.metadata ?? {} }));
};

const remove: Handler<typeof routes.delete> = async ({ params }, call) => {
  const { memory, thread } = await findConversation(params.conversationId, call);
  await memory.deleteThread(thread.id);
  return { id: thread.id, object: "conversation.deleted", deleted: true };
};

const listItems: Handler<typeof routes.listItems> = async ({ params, query }, call) => {
  checkInclude([query.include ?? [], query["include[]"] ?? []].flat());
  const all = await itemsOf(await findConversation(params.conversationId, call));
  return itemPage(
    all.map(({ item }) => item),
    query,
  );
};

const createItems: Handler<typeof routes.createItems> = async ({ params, body }, call) => {
  const kept = toKeep(body.items);
  return itemPage(await addItems(await findConversation(params.conversationId, call), kept), {});
};

async function findItem(conversation: FoundConversation, itemId: string) {
  const found = (await itemsOf(conversation)).find(({ item }) => item.id === itemId);
  if (!found) throw new FermataError("NOT_FOUND", `Item ${itemId} was not found in conversation ${conversation.thread.id}`);
  return found;
}

const getItem: Handler<typeof routes.getItem> = async ({ params }, call) =>
  (await findItem(await findConversation(params.conversationId, call), params.itemId)).item;

const deleteItem: Handler<typeof routes.deleteItem> = async ({ params }, call) => {
  const conversation = await findConversation(params.conversationId, call);
  const { messageId } = await findItem(conversation, params.itemId);
  await conversation.memory.deleteMessages([messageId]);
  return toConversation(conversation.thread);
};

export const conversationHandlers = { create, get, update, delete: remove, listItems, createItems, getItem, deleteItem };
