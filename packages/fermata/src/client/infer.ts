/**
 * What the type of a server says to its client. Only types are read, through the members that exist for the compiler alone,
 * so nothing of the server comes into a bundle.
 */
import type { z } from "zod";
import type { Input, Output, Schema } from "../schema/schema.ts";
import type { Contract } from "../contract/index.ts";

/** What a client has to know of a server: its agents, tools and workflows by key. `Mastra` is one. */
export interface ServerType {
  listAgents(): object;
  listTools(): object;
  listWorkflows(): object;
}

/** A client that knows nothing of its server takes any id and any data. */
export type Unknown = ServerType;

type IsUnknown<M> = Unknown extends M ? true : false;

type AgentsOf<M> = M extends { listAgents(): infer A } ? A : never;
type ToolsOf<M> = M extends { listTools(): infer T } ? T : never;
type WorkflowsOf<M> = M extends { listWorkflows(): infer W } ? W : never;

/** The ids under which members are known beside their keys, as far as the compiler knows them. */
type LiteralId<T> = T extends { readonly id: infer Id extends string } ? (string extends Id ? never : Id) : never;
type Key<T> = (keyof T & string) | LiteralId<T[keyof T]>;
type Member<T, K> = K extends keyof T ? T[K] : Extract<T[keyof T], { readonly id: K }>;

type KeyOf<M, T> = IsUnknown<M> extends true ? string : string extends keyof T ? string : Key<T>;

export type AgentId<M> = KeyOf<M, AgentsOf<M>>;
export type ToolId<M> = KeyOf<M, ToolsOf<M>>;
export type WorkflowId<M> = KeyOf<M, WorkflowsOf<M>>;

/** The agent, tool or workflow with an id; `unknown` when nothing is known of the server. */
export type AgentOf<M, K> = IsUnknown<M> extends true ? unknown : Member<AgentsOf<M>, K>;
export type ToolOf<M, K> = IsUnknown<M> extends true ? unknown : Member<ToolsOf<M>, K>;
export type WorkflowOf<M, K> = IsUnknown<M> extends true ? unknown : Member<WorkflowsOf<M>, K>;

/** The tools of an agent by name. `unknown` when they depend on the request. */
export type ToolsOfAgent<A> = A extends { readonly "~tools"?: infer T } ? (string extends keyof T ? unknown : T) : unknown;
export type ToolName<T> = unknown extends T ? string : keyof T & string;

type SchemaIn<T, K extends string> = T extends { readonly [P in K]?: infer S } ? Exclude<S, undefined> : unknown;
/** A schema that was not given has the type of any. */
type Given<S> = unknown extends S ? false : Schema extends S ? false : true;

export type ToolInput<T> = Given<SchemaIn<T, "inputSchema">> extends true ? Input<SchemaIn<T, "inputSchema">> : unknown;
export type ToolOutput<T> = Given<SchemaIn<T, "outputSchema">> extends true ? Output<SchemaIn<T, "outputSchema">> : unknown;
/** `never` for a tool without a schema: other tools of the agent may have one. */
type ResumeOfTool<T> = Given<SchemaIn<T, "resumeSchema">> extends true ? Input<SchemaIn<T, "resumeSchema">> : never;
type SuspendOfTool<T> = Given<SchemaIn<T, "suspendSchema">> extends true ? Output<SchemaIn<T, "suspendSchema">> : unknown;

/** What an agent's waiting tools take as an answer: of those tools that say so. Anything, when none does. */
export type ResumeData<T> = unknown extends T
  ? unknown
  : [{ [K in keyof T]: ResumeOfTool<T[K]> }[keyof T]] extends [never]
    ? unknown
    : { [K in keyof T]: ResumeOfTool<T[K]> }[keyof T];

export type AgentEvent = z.output<Contract["agents"]["stream"]["response"]>;
export type WorkflowEvent = z.output<Contract["workflows"]["stream"]["response"]>;

type Envelope<Type extends string, Payload> = { type: Type; runId: string; from: "AGENT" | "USER" | "SYSTEM"; payload: Payload };
type Call<K, T> = { toolCallId: string; toolName: K; args: ToolInput<T>; providerExecuted?: boolean; providerMetadata?: unknown };

export type ToolCallPart<T> = { [K in keyof T & string]: Envelope<"tool-call", Call<K, T[K]> & { dynamic?: boolean }> }[keyof T & string];
export type ToolResultPart<T> = {
  [K in keyof T & string]: Envelope<"tool-result", Call<K, T[K]> & { result: ToolOutput<T[K]>; isError?: boolean }>;
}[keyof T & string];
type ToolSuspendedPart<T> = {
  [K in keyof T & string]: Envelope<
    "tool-call-suspended",
    { toolCallId: string; toolName: K; args: ToolInput<T[K]>; resumeSchema: string; suspendPayload: SuspendOfTool<T[K]> }
  >;
}[keyof T & string];
type ObjectPart<O> =
  | { type: "object"; runId: string; from: "AGENT"; object: O extends object ? Partial<O> : O }
  | { type: "object-result"; runId: string; from: "AGENT"; object: O };

type TypedTypes = "tool-call" | "tool-result" | "tool-call-suspended";
type Other<E, Types extends string> = E extends { type: infer Type } ? (Type extends Types ? never : E) : never;
type WithoutObject = Exclude<AgentEvent, { object: unknown }>;

/** An event of an agent's stream. With known tools, calls and results have the types of the tool that `toolName` names. */
export type AgentPart<T, O = unknown> =
  | (unknown extends T ? WithoutObject : Other<WithoutObject, TypedTypes> | ToolCallPart<T> | ToolResultPart<T> | ToolSuspendedPart<T>)
  | ObjectPart<O>;

/** What a workflow takes, gives, and how its steps look from outside. */
export type WorkflowInput<W> = W extends { readonly "~accepts"?: (input: infer I) => void } ? I : unknown;
export type WorkflowOutput<W> = W extends { readonly "~gives"?: infer O } ? O : unknown;
export type WorkflowState<W> = W extends { readonly "~state"?: (state: infer S) => void } ? S : unknown;
export type PlacesOf<W> = W extends { readonly "~steps"?: infer P } ? P : unknown;
export type StepId<P> = unknown extends P ? string : keyof P & string;

export type StepOutput<P, K> = K extends keyof P ? (P[K] extends { readonly output: infer O } ? O : unknown) : unknown;
export type StepSuspend<P, K> = K extends keyof P ? (P[K] extends { readonly suspend: infer S } ? S : unknown) : unknown;
export type StepResume<P, K> = K extends keyof P ? (P[K] extends { readonly resume: infer R } ? R : unknown) : unknown;
