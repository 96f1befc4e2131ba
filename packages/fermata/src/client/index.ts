/** The client: for browsers, servers and anything else with `fetch`. It imports types of the server and nothing that runs there. */
export type { AgentCallOptions, AgentClient, AgentReply, MessagesInput, StructuredOutputOptions, WaitingCall } from "./agent.ts";
export type { Api, CallOptions, RouteArgs, RouteMethod, StreamingOptions } from "./api.ts";
export { createClientTool } from "./client-tools.ts";
export type { ClientTool, ClientToolContext, ClientTools, Observation, Observe } from "./client-tools.ts";
export { createClient } from "./create-client.ts";
export type { Client, ClientOptions, ToolClient } from "./create-client.ts";
export { FermataClientError } from "./error.ts";
export type { ClientErrorCode, ClientIssue } from "./error.ts";
export type { AgentEvent, AgentPart, ServerType, WorkflowEvent } from "./infer.ts";
export type { RequestContextInput } from "./request.ts";
export { ClientStream } from "./stream.ts";
export type { Position } from "./stream.ts";
export type { ThreadClient, ThreadOwner } from "./thread.ts";
export type { ResumeOptions, RunClient, RunResult, StartOptions, StepReport, WorkflowClient, WorkflowPart } from "./workflow.ts";
