import type { Principal } from "../context/principal.ts";
import type { Memory } from "../memory/memory.ts";
import type { AgentOptions } from "./options.ts";
import { assertResource, Remembering } from "./remembering.ts";
import type { Owner } from "./run-parts.ts";

interface Opening extends Owner {
  readonly options: AgentOptions;
  readonly principal: Principal;
  readonly runId: string;
}

/** The conversation that a run is a turn of; `undefined` where nothing is remembered. @throws FermataError `VALIDATION_FAILED`, `CONFLICT` */
export function openConversation(
  memory: Memory | undefined,
  { options, principal, runId, threadId, resourceId }: Opening,
): Remembering | undefined {
  if (!memory || threadId === undefined) return undefined;
  assertResource(resourceId);
  const given = options.memory;
  const { title, metadata } = typeof given?.thread === "object" ? given.thread : {};
  // Checked by `resolveConfig`: a request can say anything here.
  const config = { ...given?.options, ...(given?.readOnly !== undefined && { readOnly: given.readOnly }) };
  const scoped = memory.for(principal, config, resourceId);
  const controller = new AbortController();
  const interrupt = (): void => controller.abort(new DOMException("Another turn of the thread took its place.", "AbortError"));
  const conversation = new Remembering({
    memory,
    scoped,
    runId,
    thread: { id: threadId, resourceId, title, metadata },
    interrupt,
    interrupted: controller.signal,
  });
  conversation.assertFree();
  return conversation;
}
