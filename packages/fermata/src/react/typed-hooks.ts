/** The hooks with the types of one server. */
import type { ReactElement, ReactNode } from "react";
import type { Client } from "../client/index.ts";
import type {
  AgentId,
  AgentOf,
  PlacesOf,
  ResumeData,
  StepId,
  StepResume,
  ToolsOfAgent,
  WorkflowId,
  WorkflowInput,
  WorkflowOf,
  WorkflowOutput,
} from "../client/infer.ts";
import {
  FermataProvider,
  useAgent,
  useClient,
  useThread,
  useWorkflowRun,
  type AgentHook,
  type WorkflowRunHook,
  type WorkflowRunOptions,
} from "./hooks.ts";

type TypedAgentHook<A> = Omit<AgentHook, "answer"> & { answer(toolCallId: string, data: ResumeData<ToolsOfAgent<A>>): Promise<void> };

type TypedRunHook<W, P = PlacesOf<W>> = Omit<WorkflowRunHook, "start" | "resume" | "result"> & {
  readonly result: WorkflowOutput<W> | undefined;
  start(inputData: WorkflowInput<W>, options?: Parameters<WorkflowRunHook["start"]>[1]): Promise<void>;
  resume<K extends StepId<P>>(resumeData: StepResume<P, K>, step: K): Promise<void>;
};

/** The hooks of a server: ids, inputs, results and answers are those of `M`. */
export interface Hooks<M> {
  FermataProvider(props: { readonly client: Client<M>; readonly children?: ReactNode }): ReactElement;
  useClient(): Client<M>;
  useAgent<const K extends AgentId<M>>(agentId: K, options?: Parameters<typeof useAgent>[1]): TypedAgentHook<AgentOf<M, K>>;
  readonly useThread: typeof useThread;
  useWorkflowRun<const K extends WorkflowId<M>>(workflowId: K, options?: WorkflowRunOptions): TypedRunHook<WorkflowOf<M, K>>;
}

/**
 * The hooks of this module with the types of a server.
 * @example
 * import type { mastra } from "./server.ts";
 * export const { FermataProvider, useAgent, useWorkflowRun } = createHooks<typeof mastra>();
 */
export function createHooks<M>(): Hooks<M> {
  return { FermataProvider, useClient, useAgent, useThread, useWorkflowRun } as unknown as Hooks<M>; // `M` narrows what they take and give
}
