/** Conversations wherever they are kept: in the instance's storage, or in that of an agent's own memory. */
import { messageOf } from "../../../errors.ts";
import { Memory } from "../../../memory/memory.ts";
import type { ScopedMemory } from "../../../memory/scoped-memory.ts";
import type { MemoryThread } from "../../../memory/thread.ts";
import { refused } from "../../../protocols/openai/refusal.ts";
import type { Store } from "../../../storage/store.ts";
import type { Call } from "../../call.ts";
import { ownerOf } from "../memory/open-memory.ts";

export interface FoundConversation {
  readonly memory: ScopedMemory;
  readonly thread: MemoryThread;
}

/** Every store that the request may look into, once. */
export async function reachableMemories(call: Call): Promise<ScopedMemory[]> {
  const { storage } = call.mastra;
  const known = new Map<Store, Memory>(storage ? [[storage, new Memory({ storage })]] : []);
  for (const agent of Object.values(call.mastra.listAgents())) {
    try {
      const memory = await agent.getMemory({ requestContext: call.requestContext });
      if (memory && !known.has(memory.storage)) known.set(memory.storage, memory);
    } catch (error) {
      // One agent's trouble is not everybody's.
      call.logger.warn(`The memory of agent "${agent.id}" cannot be reached`, { reason: messageOf(error) });
    }
  }
  return [...known.values()].map((memory) => memory.for(call.principal, undefined, ownerOf(undefined, call)));
}

/** What is somebody else's is as unknown as what is not there. @throws FermataError `NOT_FOUND` */
export async function findConversation(id: string, call: Call, param: string | null = null): Promise<FoundConversation> {
  for (const memory of await reachableMemories(call)) {
    const thread = await memory.getThreadById({ threadId: id });
    if (thread) return { memory, thread };
  }
  throw refused(param, `Conversation ${id} was not found`, "conversation_not_found", "NOT_FOUND");
}
