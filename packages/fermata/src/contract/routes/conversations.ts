import { route } from "../route.ts";
import {
  Conversation,
  ConversationChange,
  ConversationItem,
  ConversationItemParams,
  ConversationParams,
  DeletedConversation,
  ItemList,
  ItemQuery,
  NewConversation,
  NewItems,
} from "../shapes/conversations.ts";

const one = { openai: true, params: ConversationParams, errors: ["NOT_FOUND"] } as const;
const item = { openai: true, params: ConversationItemParams, errors: ["NOT_FOUND"] } as const;

export const conversations = {
  create: route({
    method: "POST",
    path: "/v1/conversations",
    summary: "Begin a conversation.",
    access: "agents:create",
    body: NewConversation,
    response: Conversation,
    openai: true,
    errors: ["NOT_FOUND", "FORBIDDEN", "CONFLICT"],
  }),
  get: route({
    method: "GET",
    path: "/v1/conversations/:conversationId",
    summary: "Describe a conversation.",
    access: "agents:read",
    response: Conversation,
    ...one,
  }),
  update: route({
    method: "POST",
    path: "/v1/conversations/:conversationId",
    summary: "Replace a conversation's metadata.",
    access: "agents:create",
    body: ConversationChange,
    response: Conversation,
    ...one,
  }),
  delete: route({
    method: "DELETE",
    path: "/v1/conversations/:conversationId",
    summary: "Delete a conversation with its items.",
    access: "agents:delete",
    response: DeletedConversation,
    ...one,
  }),
  listItems: route({
    method: "GET",
    path: "/v1/conversations/:conversationId/items",
    summary: "List the items of a conversation.",
    access: "agents:read",
    query: ItemQuery,
    response: ItemList,
    ...one,
  }),
  createItems: route({
    method: "POST",
    path: "/v1/conversations/:conversationId/items",
    summary: "Add items to a conversation.",
    access: "agents:create",
    body: NewItems,
    response: ItemList,
    ...one,
  }),
  getItem: route({
    method: "GET",
    path: "/v1/conversations/:conversationId/items/:itemId",
    summary: "Get an item of a conversation.",
    access: "agents:read",
    response: ConversationItem,
    ...item,
  }),
  deleteItem: route({
    method: "DELETE",
    path: "/v1/conversations/:conversationId/items/:itemId",
    summary: "Delete the message that an item belongs to.",
    access: "agents:delete",
    response: Conversation,
    ...item,
  }),
};
