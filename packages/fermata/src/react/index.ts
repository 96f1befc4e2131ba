/** Hooks for React 18 and newer, on the client of this package. */
export type { ConversationOptions, ConversationState, ConversationStatus } from "./conversation.ts";
export { FermataProvider, useAgent, useClient, useThread, useWorkflowRun } from "./hooks.ts";
export type { AgentHook, ThreadHook, WorkflowRunHook, WorkflowRunOptions } from "./hooks.ts";
export { textOf } from "./messages.ts";
export type { ChatMessage, MessagePart, ToolPart } from "./messages.ts";
export type { KeyStore, RunStep, WorkflowRunState } from "./run.ts";
export { createHooks } from "./typed-hooks.ts";
export type { Hooks } from "./typed-hooks.ts";
