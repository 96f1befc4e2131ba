import { toGiven } from "../../../agents/messages/given.ts";
import { messageItems, type MessageItem } from "../../../protocols/openai/conversations/items.ts";
import type { Json } from "../../../protocols/openai/json.ts";
import { refused } from "../../../protocols/openai/refusal.ts";
import { readInput } from "../../../protocols/openai/responses/input.ts";
import type { FoundConversation } from "./find-conversation.ts";

/** The messages that items stand for. @throws FermataError naming the item that cannot be kept. */
export function toKeep(items: readonly Json[]) {
  for (const [index, { role, type }] of items.entries()) {
    if (role === "system" || role === "developer")
      throw refused(`items[${index}].role`, "System messages are not part of a conversation. Give them as instructions.");
    if (type === "mcp_approval_response")
      throw refused(`items[${index}].type`, "Approvals are given to a response, not to a conversation.");
  }
  return toGiven(readInput(items, undefined, true, "items").messages, Date.now()).messages;
}

/** Keeps the messages in the conversation, all or none. */
export async function addItems({ memory, thread }: FoundConversation, messages: ReturnType<typeof toKeep>): Promise<MessageItem[]> {
  const owner = { threadId: thread.id, resourceId: thread.resourceId };
  const saved = await memory.saveMessages({
    messages: messages.map(({ role, content }) => ({ id: `msg_${crypto.randomUUID()}`, role, content, ...owner })),
  });
  return saved.messages.flatMap(messageItems).map(({ item }) => item);
}
