/** What an agent makes of the options of a run. */
import type { RequestContext } from "../context/request-context.ts";
import { MASTRA_RESOURCE_ID_KEY, MASTRA_THREAD_ID_KEY } from "../context/request-context.ts";
import { FermataError } from "../errors.ts";
import type { DelegateOptions } from "./delegation.ts";
import type { KeptTurn } from "./keeping/kept-turn.ts";
import type { Answer, RunSetup } from "./loop/run.ts";
import type { AgentOptions, MemoryOptions } from "./options.ts";

export function declined(reason: string | undefined): Answer {
  return reason === undefined ? { kind: "decline" } : { kind: "decline", reason };
}

/** Without the members that are `undefined`: they do not take the place of a default. */
export function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

export function merge(defaults: AgentOptions | undefined, own: AgentOptions | DelegateOptions): AgentOptions {
  if (!defaults) return own;
  const options: AgentOptions = given(own);
  const modelSettings =
    defaults.modelSettings || options.modelSettings ? { ...defaults.modelSettings, ...options.modelSettings } : undefined;
  return { ...defaults, ...options, ...(modelSettings && { modelSettings }) };
}

export type Owner = Pick<RunSetup, "threadId" | "resourceId">;

/** What the server knows of the caller goes before what the caller says of itself. */
export function owner(memory: MemoryOptions | undefined, context: RequestContext): Owner {
  const thread = typeof memory?.thread === "object" ? memory.thread.id : memory?.thread;
  const trusted = (key: string): string | undefined => {
    const value = context.getRaw(key);
    return typeof value === "string" ? value : undefined;
  };
  return { threadId: trusted(MASTRA_THREAD_ID_KEY) ?? thread, resourceId: trusted(MASTRA_RESOURCE_ID_KEY) ?? memory?.resource };
}

/** A run that waits would be replaced by another one of its name, whichever agent's it is. */
export async function refuseWaiting({ suspensions }: RunSetup, runId: string): Promise<void> {
  const { total } = await suspensions.list({ runId }, 0, 1);
  if (total > 0) throw new FermataError("CONFLICT", `A run with the id "${runId}" waits for an answer. Choose another id, or answer it.`);
}

/** What the log says of a turn. */
export function about({ runId, agentId, threadId, resourceId }: RunSetup): {
  id: string;
  name: string;
  threadId?: string;
  resourceId?: string;
} {
  return { id: runId, name: agentId, ...(threadId !== undefined && { threadId }), ...(resourceId !== undefined && { resourceId }) };
}

/** The same options, with a signal that aborts when the turn is cancelled too, and the mailbox of the turn. */
export function stoppable<O extends { readonly abortSignal?: AbortSignal }>(turn: KeptTurn, options: O): O {
  return { ...options, abortSignal: turn.follow(options.abortSignal), mailbox: turn.mailbox };
}

/** Which call a turn was begun by. */
export function asked({ call }: { readonly call?: string }): { metadata?: { readonly call: string } } {
  return call === undefined ? {} : { metadata: { call } };
}
