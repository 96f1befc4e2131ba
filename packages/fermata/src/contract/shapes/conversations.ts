/** Conversations, in the form of OpenAI's API. A conversation is a thread of an agent's memory. */
import { z } from "zod";
import { Id, Include, RequestContextValues } from "./common.ts";

export const ConversationParams = z.object({ conversationId: Id });
export const ConversationItemParams = z.object({ conversationId: Id, itemId: Id });

const Metadata = z.record(z.string(), z.unknown());
const InputItem = z.looseObject({ type: z.string().optional() });

/** Open, so that what is unknown is refused by its name. */
export const NewConversation = z
  .looseObject({
    agent_id: Id.optional().describe("The agent whose memory holds it. Default: the server's storage"),
    conversation_id: Id.optional(),
    resource_id: Id.optional(),
    title: z.string().max(1000).optional(),
    metadata: Metadata.nullish(),
    items: z.array(InputItem).max(20).nullish(),
    requestContext: RequestContextValues.optional(),
  })
  .meta({ id: "NewConversation" });

export const ConversationChange = z.object({ metadata: Metadata.nullable() }).meta({ id: "ConversationChange" });
export const NewItems = z.object({ items: z.array(InputItem).min(1).max(20) }).meta({ id: "NewConversationItems" });

export const Conversation = z
  .object({
    id: z.string(),
    object: z.literal("conversation"),
    created_at: z.number().describe("Unix time in seconds"),
    metadata: Metadata,
    thread: z.looseObject({ id: z.string() }),
  })
  .meta({ id: "Conversation" });

export const DeletedConversation = z.object({ id: z.string(), object: z.literal("conversation.deleted"), deleted: z.literal(true) });

export const ConversationItem = z.looseObject({ id: z.string(), type: z.string() }).meta({ id: "ConversationItem" });

/** Oldest first unless `order` says otherwise. */
export const ItemQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  order: z.enum(["asc", "desc"]).optional(),
  after: z.string().optional(),
  before: z.string().optional(),
  include: Include.optional(),
  "include[]": Include.optional(),
  agent_id: z.string().optional(),
  requestContext: z.string().optional(),
});

export const ItemList = z
  .object({
    object: z.literal("list"),
    data: z.array(ConversationItem),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: "ItemList" });
