import type { z } from "zod";
import type { Contract } from "../contract/index.ts";
import { createAgent, type AgentClient } from "./agent.ts";
import { createApi, createInvoke, type Api, type CallOptions, type Invoke } from "./api.ts";
import type { AgentId, AgentOf, ToolId, ToolInput, ToolOf, ToolOutput, Unknown, WorkflowId, WorkflowOf } from "./infer.ts";
import type { StreamOptions } from "./stream.ts";
import { createThread, type ThreadClient, type ThreadOwner } from "./thread.ts";
import { Transport, type TransportOptions } from "./transport.ts";
import { createWorkflow, type WorkflowClient } from "./workflow.ts";

export type ClientOptions = TransportOptions & StreamOptions;

/** A tool of the server. `T` is its type there. */
export interface ToolClient<T = unknown> {
  readonly id: string;
  details(options?: CallOptions): Promise<z.output<Contract["tools"]["get"]["response"]>>;
  /** Runs the tool. */
  execute(input: ToolInput<T>, options?: CallOptions): Promise<ToolOutput<T>>;
}

/** A server as its client sees it: what is registered there by id, and every route by group and name. */
export interface Client<M = Unknown> extends Api {
  /** The agent under a key or id. Nothing is asked of the server. */
  agent<const K extends AgentId<M>>(id: K): AgentClient<AgentOf<M, K>>;
  tool<const K extends ToolId<M>>(id: K): ToolClient<ToolOf<M, K>>;
  workflow<const K extends WorkflowId<M>>(id: K): WorkflowClient<WorkflowOf<M, K>>;
  thread(id: string, owner?: ThreadOwner): ThreadClient;
}

/**
 * A client of a server. With the server's own type it knows ids, inputs and results; only types are read, so nothing of the server
 * comes into the bundle.
 * @example
 * import type { mastra } from "./server.ts";
 * const client = createClient<typeof mastra>({ baseUrl: "http://localhost:4111" });
 * const { text } = await client.agent("guide").generate("How many km are 26.2 miles?");
 * @throws RangeError for a number of repeats that is none.
 */
export function createClient<M = Unknown>(options: ClientOptions): Client<M> {
  const invoke = createInvoke(new Transport(options), options);
  const client = {
    ...createApi(invoke),
    agent: (id: string) => createAgent(invoke, id),
    tool: (id: string) => createTool(invoke, id),
    workflow: (id: string) => createWorkflow(invoke, id),
    thread: (id: string, owner?: ThreadOwner) => createThread(invoke, id, owner),
  };
  return client as Client<M>; // `M` narrows what ids there are and what they take and give
}

function createTool(invoke: Invoke, toolId: string): ToolClient {
  const params = { toolId };
  return {
    id: toolId,
    details: (options?: CallOptions) =>
      invoke("tools", "get", { params }, options) as Promise<z.output<Contract["tools"]["get"]["response"]>>, // as the contract says
    execute: (data: unknown, options?: CallOptions) => invoke("tools", "execute", { params, body: { data } }, options),
  };
}
