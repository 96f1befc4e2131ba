/** A thread of an agent's memory as the client knows it. */
import type { z } from "zod";
import type { Contract } from "../contract/index.ts";
import type { CallOptions, Invoke } from "./api.ts";
import type { Values } from "./request.ts";

type Routes = Contract["memory"];
type Reply<R extends keyof Routes> = z.output<Routes[R]["response"]>;
type Body<R extends "updateThread" | "cloneThread" | "updateWorkingMemory" | "transferThread"> = Omit<
  z.input<Routes[R]["body"]>,
  "requestContext"
>;
type MessagesQuery = Omit<z.input<Routes["listMessages"]["query"]>, "agentId" | "resourceId" | "requestContext">;
type MessageIds = z.input<Routes["deleteMessages"]["body"]>["messageIds"];

/** Whose memory it is: what changes a thread needs the agent, what reads it does not. */
export interface ThreadOwner {
  readonly agentId?: string;
  readonly resourceId?: string;
}

export interface ThreadClient {
  readonly id: string;
  get(call?: CallOptions): Promise<Reply<"getThread">>;
  update(change: Body<"updateThread">, call?: CallOptions): Promise<Reply<"updateThread">>;
  delete(call?: CallOptions): Promise<Reply<"deleteThread">>;
  /** Oldest first unless `orderBy` says otherwise. `page` counts from 0. */
  listMessages(query?: MessagesQuery, call?: CallOptions): Promise<Reply<"listMessages">>;
  deleteMessages(messageIds: MessageIds, call?: CallOptions): Promise<Reply<"deleteMessages">>;
  clone(options?: Body<"cloneThread">, call?: CallOptions): Promise<Reply<"cloneThread">>;
  /** Gives the thread to another resource. */
  transfer(resourceId: string, call?: CallOptions): Promise<Reply<"transferThread">>;
  getWorkingMemory(call?: CallOptions): Promise<Reply<"getWorkingMemory">>;
  updateWorkingMemory(
    workingMemory: Body<"updateWorkingMemory">["workingMemory"],
    call?: CallOptions,
  ): Promise<Reply<"updateWorkingMemory">>;
}

export function createThread(invoke: Invoke, threadId: string, owner: ThreadOwner = {}): ThreadClient {
  const { agentId, resourceId } = owner;
  const send = (name: string, parts: { query?: Values; body?: Values } = {}, call?: CallOptions): Promise<unknown> =>
    invoke("memory", name, { params: { threadId }, ...parts, query: { agentId, resourceId, ...parts.query } }, call);
  const thread = {
    id: threadId,
    get: (call?: CallOptions) => send("getThread", {}, call),
    update: (body: Values, call?: CallOptions) => send("updateThread", { body }, call),
    delete: (call?: CallOptions) => send("deleteThread", {}, call),
    listMessages: (query: Values = {}, call?: CallOptions) => send("listMessages", { query }, call),
    deleteMessages: (messageIds: unknown, call?: CallOptions) => send("deleteMessages", { body: { messageIds } }, call),
    clone: (body: Values = {}, call?: CallOptions) => send("cloneThread", { body }, call),
    transfer: (to: string, call?: CallOptions) => send("transferThread", { body: { resourceId: to } }, call),
    getWorkingMemory: (call?: CallOptions) => send("getWorkingMemory", {}, call),
    updateWorkingMemory: (workingMemory: unknown, call?: CallOptions) =>
      send(
        "updateWorkingMemory",
        { query: { resourceId: undefined }, body: { workingMemory, ...(resourceId !== undefined && { resourceId }) } },
        call,
      ),
  };
  return thread as ThreadClient; // what each route replies with stands in the contract
}
