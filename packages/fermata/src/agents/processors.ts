import type { RequestContext } from "../context/request-context.ts";
import type { AgentChunk } from "./chunks.ts";
import type { StoredMessage } from "./messages/stored.ts";

/** Ends the run. With `retry` the model is asked once more with the reason. */
export type Abort = (reason?: string, options?: { readonly retry?: boolean; readonly metadata?: unknown }) => never;

interface ProcessorArgs {
  readonly abort: Abort;
  readonly requestContext: RequestContext;
}

/** Looks at what goes into and comes out of a run, and may change or stop it. */
export interface Processor {
  readonly id: string;
  readonly name?: string;
  /** Before the first model call. */
  processInput?(args: ProcessorArgs & { readonly messages: StoredMessage[] }): StoredMessage[] | Promise<StoredMessage[]>;
  /** Before every model call. */
  processInputStep?(args: ProcessorArgs & { readonly messages: StoredMessage[]; readonly stepNumber: number }): StoredMessage[] | undefined | Promise<StoredMessage[] | undefined>;
  /** For every chunk. Nothing handed back drops it. */
  processOutputStream?(args: ProcessorArgs & { readonly part: AgentChunk; readonly state: Record<string, unknown> }): AgentChunk | null | undefined | Promise<AgentChunk | null | undefined>;
  /** After every model call. */
  processOutputStep?(args: ProcessorArgs & { readonly text: string; readonly stepNumber: number }): void | Promise<void>;
  /** After the last one. */
  processOutputResult?(args: ProcessorArgs & { readonly messages: StoredMessage[] }): StoredMessage[] | undefined | Promise<StoredMessage[] | undefined>;
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
