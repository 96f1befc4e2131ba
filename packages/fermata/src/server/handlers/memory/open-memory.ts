/** The memory that a request reaches, and the thread that it names. */
import { Memory } from "../../../memory/memory.ts";
import { threadNotFound } from "../../../memory/scoped-memory.ts";
import type { ScopedMemory } from "../../../memory/scoped-memory.ts";
import type { MemoryThread } from "../../../memory/thread.ts";
import { MASTRA_RESOURCE_ID_KEY } from "../../../context/request-context.ts";
import { FermataError } from "../../../errors.ts";
import type { Call } from "../../call.ts";

/** What the request says of whose memory it wants. What the server knows of the caller goes before it. */
export interface MemoryRequest {
  /** Default: the instance's storage, without any agent's options. */
  readonly agentId?: string | undefined;
  readonly resourceId?: string | undefined;
}

/**
 * @throws FermataError `NOT_FOUND` for an unknown agent; `VALIDATION_FAILED` for one that remembers nothing; `FORBIDDEN` for a resource
 * out of reach.
 */
export async function openMemory({ agentId, resourceId }: MemoryRequest, call: Call): Promise<ScopedMemory> {
  const memory = await memoryOf(agentId, call);
  if (!memory) throw new FermataError("VALIDATION_FAILED", "Memory is not initialized");
  return memory.for(call.principal, undefined, ownerOf(resourceId, call));
}

/** `undefined` when the agent, or the instance, remembers nothing. @throws FermataError `NOT_FOUND` for an unknown agent. */
export async function memoryOf(agentId: string | undefined, call: Call): Promise<Memory | undefined> {
  if (agentId !== undefined) return call.mastra.getAgentById(agentId).getMemory({ requestContext: call.requestContext });
  const { storage } = call.mastra;
  return storage && new Memory({ storage });
}

/** The resource that the request acts for, where there is one. */
export function ownerOf(resourceId: string | undefined, call: Call): string | undefined {
  const trusted = call.requestContext.getRaw(MASTRA_RESOURCE_ID_KEY);
  return typeof trusted === "string" ? trusted : resourceId;
}

/** @throws FermataError `FORBIDDEN` when another resource has the thread, `NOT_FOUND` when nobody has it. */
export async function threadOf(memory: ScopedMemory, threadId: string): Promise<MemoryThread> {
  const thread = await memory.getThreadById({ threadId });
  if (thread) return thread;
  await refuseForeign(memory, threadId);
  throw threadNotFound();
}

/** @throws FermataError `FORBIDDEN` when another resource has the thread. */
export async function refuseForeign(memory: ScopedMemory, threadId: string): Promise<void> {
  if (await memory.store.threads.belongsToOther(threadId))
    throw new FermataError("FORBIDDEN", "Access denied: thread belongs to a different resource");
}
