import type { conversations } from "../../../contract/routes/conversations.ts";
import type { RouteOutput } from "../../../contract/route.ts";
import type { MemoryThread } from "../../../memory/thread.ts";
import { unixSeconds } from "../../../protocols/openai/call-arguments.ts";
import { messageItems, type PlacedItem } from "../../../protocols/openai/conversations/items.ts";
import { toWireThread } from "../memory/wire.ts";
import type { FoundConversation } from "./find-conversation.ts";

export function toConversation(thread: MemoryThread): RouteOutput<typeof conversations.get> {
  // The thread's working memory is the agent's own note.
  const { workingMemory: _note, ...metadata } = thread.metadata ?? {};
  const { metadata: _all, ...wire } = toWireThread(thread);
  return {
    id: thread.id,
    object: "conversation",
    created_at: unixSeconds(thread.createdAt.getTime()),
    metadata,
    thread: { ...wire, ...(thread.metadata && { metadata }) },
  };
}

/** All items, oldest first. */
export async function itemsOf({ memory, thread }: FoundConversation): Promise<PlacedItem[]> {
  const { messages } = await memory.recall({ threadId: thread.id, resourceId: thread.resourceId, perPage: false });
  return messages.flatMap(messageItems);
}
