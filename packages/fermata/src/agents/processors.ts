import type { RequestContext } from "../context/request-context.ts";
import type { AgentChunk, RunFinishReason, ToolCallPayload } from "./chunks.ts";
import type { StoredMessage } from "./messages/stored.ts";

/**
 * Ends the run, and what the model said in this step is void. With `retry`, an output processor sends the answer back instead:
 * the model is told the reason and asked again, at most `maxProcessorRetries` times in a run.
 */
export type Abort = (reason?: string, options?: { readonly retry?: boolean; readonly metadata?: unknown }) => never;

interface ProcessorArgs {
  readonly abort: Abort;
  readonly requestContext: RequestContext;
}

interface OutputArgs extends ProcessorArgs {
  /** How often the model has been asked again already. */
  readonly retryCount: number;
}

/** Looks at what goes into and comes out of a run, and may change or stop it. */
export interface Processor {
  readonly id: string;
  readonly name?: string;
  /** Before the first model call. */
  processInput?(args: ProcessorArgs & { readonly messages: StoredMessage[] }): StoredMessage[] | Promise<StoredMessage[]>;
  /** Before every model call. */
  processInputStep?(
    args: ProcessorArgs & { readonly messages: StoredMessage[]; readonly stepNumber: number },
  ): StoredMessage[] | undefined | Promise<StoredMessage[] | undefined>;
  /** For every chunk. Nothing handed back drops it. Text that is changed or dropped here is changed or missing in the result as well. */
  processOutputStream?(
    args: ProcessorArgs & { readonly part: AgentChunk; readonly state: Record<string, unknown> },
  ): AgentChunk | null | undefined | Promise<AgentChunk | null | undefined>;
  /** After every model call, before the tools that it called run. */
  processOutputStep?(
    args: OutputArgs & {
      readonly text: string;
      readonly stepNumber: number;
      readonly toolCalls: readonly ToolCallPayload[];
      readonly finishReason: RunFinishReason;
    },
  ): void | Promise<void>;
  /** After the last one. The messages handed back are the answer of the run. */
  processOutputResult?(
    args: OutputArgs & { readonly messages: StoredMessage[] },
  ): StoredMessage[] | undefined | Promise<StoredMessage[] | undefined>;
}

/** Thrown by `abort`; the loop turns it into the end of the run. */
export class Tripwire extends Error {
  override readonly name = "Tripwire";
  readonly retry: boolean;
  readonly metadata: unknown;
  readonly processorId: string;

  constructor(reason: string, processorId: string, options: { readonly retry?: boolean; readonly metadata?: unknown }) {
    super(reason);
    this.processorId = processorId;
    this.retry = options.retry ?? false;
    this.metadata = options.metadata;
  }
}

/** The `abort` that one processor is given. */
export function abortFor(processor: Processor): Abort {
  return (reason, options) => {
    throw new Tripwire(reason ?? `Tripwire triggered by ${processor.id}`, processor.id, options ?? {});
  };
}
