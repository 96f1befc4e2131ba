import type { ModelUsage } from "../models/types.ts";
import { ChunkLog } from "./chunk-log.ts";
import type { AgentChunk } from "./chunks.ts";
import type { OpenRun } from "./delegation.ts";
import type { GenerateResult } from "./generate-result.ts";
import { toGenerateResult } from "./result.ts";

/**
 * A run that can be read while it happens. It begins when somebody first reads one of the streams or awaits one of the results;
 * until then nothing has been asked of the model.
 */
export class AgentStream<T = unknown> {
  readonly runId: string;
  readonly #open: OpenRun;
  readonly #abort: () => void;
  readonly #log = new ChunkLog();
  #result: Promise<GenerateResult<T>> | undefined;
  readonly #begin = (): void => void this.#start();

  /** `startNow` is for a run that has been taken out of the store: it must not be lost because nobody looks. */
  constructor(open: OpenRun, abort: () => void, startNow = false) {
    this.runId = open.runId;
    this.#open = open;
    this.#abort = abort;
    if (startNow) this.#begin();
  }

  /** All chunks, from the first one on; each access gives a stream of its own. */
  get fullStream(): ReadableStream<AgentChunk> {
    return this.#log.stream((chunk) => chunk, this.#begin, this.#abort);
  }

  /** The text as it comes. */
  get textStream(): ReadableStream<string> {
    return this.#log.stream(
      (chunk) => (chunk.type === "text-delta" && "payload" in chunk ? chunk.payload.text : undefined),
      this.#begin,
      this.#abort,
    );
  }

  /** The data of structured output as far as it is known. */
  get objectStream(): ReadableStream<unknown> {
    return this.#log.stream(
      (chunk) => ((chunk.type === "object" || chunk.type === "object-result") && "object" in chunk ? chunk.object : undefined),
      this.#begin,
      this.#abort,
    );
  }

  /** Everything, when the run has ended. Rejects when it failed or was aborted. */
  getFullOutput(): Promise<GenerateResult<T>> {
    const result = this.#start();
    this.#log.release();
    return result;
  }

  /** Runs to the end without looking. Resolves also when the run fails. */
  async consumeStream(): Promise<void> {
    await this.getFullOutput().catch(() => undefined);
  }

  get text(): Promise<string> {
    return this.#pick("text");
  }

  get object(): Promise<T | undefined> {
    return this.getFullOutput().then((result) => result.object);
  }

  get usage(): Promise<ModelUsage> {
    return this.#pick("usage");
  }

  get totalUsage(): Promise<ModelUsage> {
    return this.#pick("totalUsage");
  }

  get finishReason(): Promise<GenerateResult["finishReason"]> {
    return this.#pick("finishReason");
  }

  get steps(): Promise<GenerateResult["steps"]> {
    return this.#pick("steps");
  }

  get toolCalls(): Promise<GenerateResult["toolCalls"]> {
    return this.#pick("toolCalls");
  }

  get toolResults(): Promise<GenerateResult["toolResults"]> {
    return this.#pick("toolResults");
  }

  get reasoning(): Promise<GenerateResult["reasoning"]> {
    return this.#pick("reasoning");
  }

  get reasoningText(): Promise<string> {
    return this.#pick("reasoningText");
  }

  get sources(): Promise<GenerateResult["sources"]> {
    return this.#pick("sources");
  }

  get files(): Promise<GenerateResult["files"]> {
    return this.#pick("files");
  }

  get response(): Promise<GenerateResult["response"]> {
    return this.#pick("response");
  }

  get warnings(): Promise<GenerateResult["warnings"]> {
    return this.#pick("warnings");
  }

  #pick<K extends keyof GenerateResult<T>>(key: K): Promise<GenerateResult<T>[K]> {
    return this.getFullOutput().then((result) => result[key]);
  }

  #start(): Promise<GenerateResult<T>> {
    this.#result ??= this.#run();
    return this.#result;
  }

  #run(): Promise<GenerateResult<T>> {
    const ended = this.#open.start(this.#log).finally(() => this.#log.close());
    const result = ended.then((run) => {
      if (run.status === "failed" || run.status === "aborted") throw run.error;
      return toGenerateResult<T>(run);
    });
    result.catch(() => undefined); // whoever only reads the stream sees the failure there
    return result;
  }
}
