import type { RequestContext } from "../context/request-context.ts";
import { FermataError } from "../errors.ts";
import type { Input, Output, Schema } from "../schema/schema.ts";
import type { ToolWriter } from "./tool-writer.ts";

/** What a tool can do while it works for an agent. */
export interface AgentToolContext {
  readonly agentId: string;
  /** The run of the agent. */
  readonly runId: string;
  readonly toolCallId: string;
  readonly threadId: string | undefined;
  readonly resourceId: string | undefined;
  /** The data of the answer to `suspend`, when the call goes on after one. */
  readonly resumeData: unknown;
  /** Ends the run here until somebody answers. The tool is called again with the answer as `resumeData`; return after it. */
  suspend(payload?: unknown): Promise<undefined>;
}

/** What every tool gets beside its input. */
export interface ToolContext<M = unknown> {
  readonly requestContext: RequestContext;
  /** Aborts when the run is cancelled or its caller is gone. Hand it to everything that takes time. */
  readonly abortSignal: AbortSignal;
  /** The instance that the tool is registered with, when there is one. */
  readonly mastra: M | undefined;
  /** Writes to the run's stream. */
  readonly writer: ToolWriter;
  /** Set while an agent runs the tool; absent when the tool is called directly. */
  readonly agent: AgentToolContext | undefined;
}

/** Decides for one call whether somebody has to approve it. */
export type NeedsApproval<I = unknown> =
  | boolean
  | ((input: I, context: { readonly requestContext: RequestContext }) => boolean | Promise<boolean>);

export interface ToolConfig<
  I extends Schema = Schema,
  O extends Schema = Schema,
  Id extends string = string,
  P extends Schema = Schema,
  R extends Schema = Schema,
> {
  readonly id: Id;
  /** Tells the model what the tool is for. */
  readonly description: string;
  readonly inputSchema?: I;
  /** The result is checked against it; a result that does not fit is told to the model as an error. */
  readonly outputSchema?: O;
  /** What `suspend` says. */
  readonly suspendSchema?: P;
  /** What the answer to `suspend` is. */
  readonly resumeSchema?: R;
  readonly requestContextSchema?: Schema;
  /** Ask the provider to keep exactly to the input schema. */
  readonly strict?: boolean;
  readonly requireApproval?: NeedsApproval<Output<I>>;
  readonly execute?: (input: Output<I>, context: ToolContext) => Promise<Output<O> | undefined> | Output<O> | undefined;
  /** What the model sees of a result. Default: the result. */
  readonly toModelOutput?: (output: Output<O>) => unknown;
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly inputExamples?: readonly Input<I>[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

const TOOL = Symbol.for("fermata.tool");

/** A function that a model may call, with what it takes and gives. Made by `createTool`. */
export interface Tool<
  I extends Schema = Schema,
  O extends Schema = Schema,
  Id extends string = string,
  P extends Schema = Schema,
  R extends Schema = Schema,
> extends ToolConfig<I, O, Id, P, R> {
  readonly [TOOL]: true;
}

/** A tool whose schemas do not matter where it stands. */
// A tool's `execute` takes its own input type, so no concrete tool would fit into a `Tool<Schema, Schema>` without `never`.
export interface AnyTool extends Omit<ToolConfig, "execute" | "requireApproval" | "toModelOutput" | "inputExamples"> {
  readonly requireApproval?: NeedsApproval<never>;
  readonly execute?: (input: never, context: ToolContext) => unknown;
  readonly toModelOutput?: (output: never) => unknown;
  readonly inputExamples?: readonly unknown[];
}

/** A tool that the provider runs itself, such as a hosted web search. */
export interface ProviderTool {
  readonly type: "provider" | "provider-defined";
  readonly id: `${string}.${string}`;
  readonly name?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** A tool made with the AI SDK's `tool()`. Without an id of its own, it is known by the name that it is registered under. */
export interface AiSdkTool {
  readonly id?: undefined;
  readonly description?: string;
  readonly inputSchema?: unknown;
  readonly outputSchema?: unknown;
  readonly needsApproval?: NeedsApproval<never>;
  readonly execute?: (
    input: never,
    options: { readonly toolCallId: string; readonly messages: readonly unknown[]; readonly abortSignal: AbortSignal },
  ) => unknown;
  readonly toModelOutput?: (output: never) => unknown;
}

/** Tools by the name that the model knows them under. */
export type Tools = Readonly<Record<string, AnyTool | ProviderTool | AiSdkTool>>;

export function isProviderTool(tool: AnyTool | ProviderTool): tool is ProviderTool {
  return "type" in tool && (tool.type === "provider" || tool.type === "provider-defined");
}

/**
 * Declares a tool.
 * @example
 * const weather = createTool({
 *   id: "weather",
 *   description: "Weather for a city",
 *   inputSchema: z.object({ city: z.string() }),
 *   execute: async ({ city }) => ({ city, tempC: 21 }),
 * });
 * @throws FermataError `MISCONFIGURED` when the tool has no id.
 */
export function createTool<
  I extends Schema = Schema,
  O extends Schema = Schema,
  const Id extends string = string,
  P extends Schema = Schema,
  R extends Schema = Schema,
>(config: ToolConfig<I, O, Id, P, R>): Tool<I, O, Id, P, R> {
  if (typeof config.id !== "string" || config.id === "") throw new FermataError("MISCONFIGURED", "A tool needs an id.");
  return { ...config, [TOOL]: true };
}
