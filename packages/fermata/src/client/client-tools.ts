/** Tools that run where the client is: the model calls them, the client runs them and tells the server what came out. */
import type { Output, Schema } from "../schema/schema.ts";
import { toJsonSchema } from "./json-schema.ts";
import type { RequestContextInput } from "./request.ts";

/** Notes that a client tool makes while it works, for the app's own telemetry. */
export interface Observe {
  /** Runs `work` as a part of the call that has a name and a duration. */
  span<T>(name: string, work: () => T | Promise<T>, attributes?: Readonly<Record<string, unknown>>): Promise<T>;
  log(level: "debug" | "info" | "warn" | "error" | "fatal", message: string, data?: Readonly<Record<string, unknown>>): void;
}

/** What `observe` of a client tool has noted. Times are epoch milliseconds. */
export type Observation = { readonly toolName: string; readonly toolCallId: string } & (
  | {
      readonly kind: "span";
      readonly name: string;
      readonly startedAt: number;
      readonly endedAt: number;
      readonly attributes?: Readonly<Record<string, unknown>>;
      readonly failed: boolean;
    }
  | {
      readonly kind: "log";
      readonly level: string;
      readonly message: string;
      readonly at: number;
      readonly data?: Readonly<Record<string, unknown>>;
    }
);

/** What a client tool gets beside its input. */
export interface ClientToolContext {
  readonly toolCallId: string;
  readonly agentId: string;
  /** Aborts with the call of the client that the tool runs for. */
  readonly abortSignal: AbortSignal;
  readonly requestContext: RequestContextInput | undefined;
  readonly observe: Observe;
}

interface CallInfo {
  readonly toolCallId: string;
}

/** A tool that the client runs. One without `execute` is left to the app: the answer ends with its call. */
export interface ClientTool<I extends Schema = Schema, O extends Schema = Schema> {
  readonly id?: string;
  readonly description?: string;
  readonly inputSchema?: I;
  /** For the compiler: what `execute` has to give. */
  readonly outputSchema?: O;
  readonly execute?: (input: Output<I>, context: ClientToolContext) => Promise<Output<O>> | Output<O>;
  /** What the model is told of a result. Default: the result. */
  readonly toModelOutput?: (output: Output<O>) => unknown;
  /** The model begins to write the arguments. These four are told and not awaited; what they throw is lost. */
  readonly onInputStart?: (call: CallInfo) => unknown;
  readonly onInputDelta?: (call: CallInfo & { readonly inputTextDelta: string }) => unknown;
  readonly onInputAvailable?: (call: CallInfo & { readonly input: Output<I> }) => unknown;
  readonly onOutput?: (call: CallInfo & { readonly toolName: string; readonly output: Output<O> }) => unknown;
}

/** A client tool whose schemas do not matter where it stands. */
export interface AnyClientTool {
  readonly id?: string;
  readonly description?: string;
  readonly inputSchema?: Schema;
  readonly execute?: (input: never, context: never) => unknown;
  readonly toModelOutput?: (output: never) => unknown;
  readonly onInputStart?: (call: CallInfo) => unknown;
  readonly onInputDelta?: (call: CallInfo & { readonly inputTextDelta: string }) => unknown;
  readonly onInputAvailable?: (call: CallInfo & { readonly input: never }) => unknown;
  readonly onOutput?: (call: CallInfo & { readonly toolName: string; readonly output: never }) => unknown;
}

export type ClientTools = Readonly<Record<string, AnyClientTool>>;

/** Declares a client tool: its schemas give `execute` its types. */
export function createClientTool<I extends Schema = Schema, O extends Schema = Schema>(tool: ClientTool<I, O>): ClientTool<I, O> {
  return tool;
}

/** The tools as the server takes them: without anything that runs. */
export function describeTools(tools: ClientTools): Record<string, object> {
  const described = Object.entries(tools).map(([name, { id, description, inputSchema }]) => [
    name,
    { id: id ?? name, ...(description !== undefined && { description }), ...(inputSchema && { inputSchema: toJsonSchema(inputSchema) }) },
  ]);
  return Object.fromEntries(described) as Record<string, object>;
}

export interface ToolCall {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly args: unknown;
}

export interface ToolRun {
  readonly tools: ClientTools;
  readonly agentId: string;
  readonly signal: AbortSignal;
  readonly requestContext: RequestContextInput | undefined;
  readonly onObserve: ((observation: Observation) => void) | undefined;
}

/** The tool of a call, when the client can run it. */
export function runnable(tools: ClientTools, name: string): AnyClientTool | undefined {
  const tool = Object.hasOwn(tools, name) ? tools[name] : Object.values(tools).find(({ id }) => id === name);
  return tool?.execute ? tool : undefined;
}

/** Runs the calls at the same time. What a tool throws is told to the model; an abort rejects. */
export function runCalls(calls: readonly ToolCall[], run: ToolRun): Promise<object[]> {
  return Promise.all(calls.map((call) => runCall(call, run)));
}

async function runCall({ toolCallId, toolName, args }: ToolCall, run: ToolRun): Promise<object> {
  const part = { type: "tool-result", toolCallId, toolName };
  const tool = runnable(run.tools, toolName);
  try {
    const context: ClientToolContext = {
      toolCallId,
      agentId: run.agentId,
      abortSignal: run.signal,
      requestContext: run.requestContext,
      observe: observer(toolName, toolCallId, run.onObserve),
    };
    // The model was given the tool's schema, and the tool knows its own types.
    const output = (await tool?.execute?.(args as never, context as never)) as never;
    run.signal.throwIfAborted();
    tell(() => tool?.onOutput?.({ toolCallId, toolName, output }));
    return { ...part, result: output ?? null, ...(tool?.toModelOutput && toldToModel(await tool.toModelOutput(output))) };
  } catch (error) {
    run.signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    return { ...part, isError: true, result: message };
  }
}

/** What the model is to be told instead of the result, in the form that the server reads. */
function toldToModel(output: unknown): object {
  const isForm = typeof output === "object" && output !== null && "type" in output && "value" in output;
  const modelOutput = isForm ? output : { type: typeof output === "string" ? "text" : "json", value: output ?? null };
  return { providerOptions: { mastra: { modelOutput } } };
}

/** Calls an observer of the app's, which cannot disturb what it observes. */
export function tell(observer: () => unknown): void {
  try {
    const told = observer();
    if (told instanceof Promise) told.catch(() => undefined);
  } catch {
    // It has only been told.
  }
}

function observer(toolName: string, toolCallId: string, onObserve: ToolRun["onObserve"]): Observe {
  const note = (observation: object): void => tell(() => onObserve?.({ toolName, toolCallId, ...observation } as Observation));
  return {
    async span(name, work, attributes) {
      const startedAt = Date.now();
      const end = (failed: boolean): void =>
        note({ kind: "span", name, startedAt, endedAt: Date.now(), failed, ...(attributes && { attributes }) });
      try {
        const result = await work();
        end(false);
        return result;
      } catch (error) {
        end(true);
        throw error;
      }
    },
    log: (level, message, data) => note({ kind: "log", level, message, at: Date.now(), ...(data && { data }) }),
  };
}
