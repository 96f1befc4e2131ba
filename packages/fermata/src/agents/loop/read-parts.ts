/**
 * The model's answer, part by part. This is the hottest path of the server: one event per part, nothing copied, nothing parsed twice.
 */
import { FermataError, messageOf } from "../../errors.ts";
import { toModelError } from "../../models/errors.ts";
import type { ModelPart, PartReader } from "../../models/types.ts";
import type { AgentChunk, ToolCallPayload } from "../chunks.ts";
import { toChunkError } from "./errors.ts";
import { toFilePayload } from "./file-payload.ts";
import { toToolOutput } from "../messages/assistant-parts.ts";
import { toJsonValue } from "../messages/json-value.ts";
import type { Run } from "./run.ts";
import type { AssistantPart, StepRecord } from "./state.ts";
import { StructuredText } from "./structured.ts";

type Metadata = NonNullable<AssistantPart["providerOptions"]>;
type TextChunk = Extract<AgentChunk, { type: "text-delta" | "reasoning-delta" }>;

interface OpenText {
  readonly id: string;
  readonly part: { readonly type: "text" | "reasoning"; text: string; providerOptions: NonNullable<AssistantPart["providerOptions"]> };
}

/** Reads one model answer into a step and shows its parts as chunks. */
export class PartConsumer {
  readonly #run: Run;
  readonly #step: StepRecord;
  readonly #structured: StructuredText | undefined;
  /** The assistant's message as it grows. */
  readonly content: AssistantPart[] = [];
  /** Set when the model reported a failure inside its stream. */
  failure: unknown;
  readonly #names = new Map<string, string>();
  readonly #open: OpenText[] = [];
  #started = false;

  constructor(run: Run, step: StepRecord) {
    this.#run = run;
    this.#step = step;
    this.#structured = run.setup.structured && !run.setup.structured.model ? new StructuredText() : undefined;
  }

  /** Reads to the end. Rejects when the source does. */
  async consume(parts: PartReader): Promise<void> {
    if (parts.ready) {
      for (const part of parts.ready) {
        const wait = this.#take(part);
        if (wait) await wait;
      }
      return;
    }
    for (;;) {
      const part = await parts.read();
      if (part === undefined) return;
      const wait = this.#take(part);
      if (wait) await wait;
    }
  }

  /** Shows that the step has begun, once. */
  begin(warnings: readonly unknown[]): void | Promise<void> {
    if (this.#started) return undefined;
    this.#started = true;
    this.#step.warnings = warnings;
    const { id: runId, messageId } = this.#run;
    const payload = { warnings, messageId, startedAt: Date.now(), request: this.#step.request };
    return this.#run.emit({ type: "step-start", runId, from: "AGENT", payload });
  }

  #take(part: ModelPart): void | Promise<void> {
    if (part.type === "stream-start") return this.begin(part.warnings);
    if (!this.#started) {
      const wait = this.begin([]);
      if (wait) return wait.then(() => this.#takeContent(part));
    }
    return this.#takeContent(part);
  }

  #takeContent(part: ModelPart): void | Promise<void> {
    const run = this.#run;
    const runId = run.id;
    switch (part.type) {
      case "text-delta":
        return this.#textDelta(part.id, part.delta, part.providerMetadata);
      case "text-start":
        this.#openText(part.id, "text", part.providerMetadata);
        return run.emit({ type: "text-start", runId, from: "AGENT", payload: withMetadata({ id: part.id }, part.providerMetadata) });
      case "text-end":
        if (part.providerMetadata) this.#openText(part.id, "text", part.providerMetadata);
        return run.emit({
          type: "text-end",
          runId,
          from: "AGENT",
          payload: withMetadata({ type: "text-end" as const, id: part.id }, part.providerMetadata),
        });
      case "reasoning-start":
        this.#openText(part.id, "reasoning", part.providerMetadata);
        return run.emit({ type: "reasoning-start", runId, from: "AGENT", payload: withMetadata({ id: part.id }, part.providerMetadata) });
      case "reasoning-delta":
        return this.#reasoningDelta(part.id, part.delta, part.providerMetadata);
      case "reasoning-end":
        if (part.providerMetadata) this.#openText(part.id, "reasoning", part.providerMetadata);
        return run.emit({ type: "reasoning-end", runId, from: "AGENT", payload: withMetadata({ id: part.id }, part.providerMetadata) });
      case "tool-input-start": {
        this.#names.set(part.id, part.toolName);
        const payload = { toolCallId: part.id, toolName: part.toolName, ...(part.providerExecuted && { providerExecuted: true }) };
        return run.emit({ type: "tool-call-input-streaming-start", runId, from: "AGENT", payload });
      }
      case "tool-input-delta":
        return run.emit({
          type: "tool-call-delta",
          runId,
          from: "AGENT",
          payload: { argsTextDelta: part.delta, toolCallId: part.id, toolName: this.#names.get(part.id) ?? "" },
        });
      case "tool-input-end":
        return run.emit({ type: "tool-call-input-streaming-end", runId, from: "AGENT", payload: { toolCallId: part.id } });
      default:
        return this.#takeRare(part);
    }
  }

  #takeRare(part: ModelPart): void | Promise<void> {
    const run = this.#run;
    const runId = run.id;
    const step = this.#step;
    switch (part.type) {
      case "tool-call":
        return this.#toolCall(part);
      case "tool-result": {
        if ("preliminary" in part && part.preliminary) return undefined; // the whole result follows
        const call = step.toolCalls.find((known) => known.toolCallId === part.toolCallId);
        const value: unknown = part.result;
        const failed = part.isError === true;
        const output = failed ? { type: "error-json" as const, value: toJsonValue(value) } : toToolOutput(value);
        this.content.push({
          type: "tool-result",
          toolCallId: part.toolCallId,
          toolName: part.toolName,
          output,
          ...(part.providerMetadata && { providerOptions: part.providerMetadata }),
        });
        const payload = {
          args: call?.args,
          toolCallId: part.toolCallId,
          toolName: part.toolName,
          result: value,
          providerExecuted: true,
          ...(failed && { isError: true }),
        };
        step.toolResults.push(payload);
        return run.emit({ type: "tool-result", runId, from: "AGENT", payload });
      }
      case "source": {
        const payload = {
          id: part.id,
          sourceType: part.sourceType,
          ...(part.title !== undefined && { title: part.title }),
          ...(part.sourceType === "url" ? { url: part.url } : { mimeType: part.mediaType }),
        };
        step.sources.push(payload);
        return run.emit({ type: "source", runId, from: "AGENT", payload: withMetadata(payload, part.providerMetadata) });
      }
      case "file": {
        const payload = toFilePayload(part);
        if (!payload) return undefined;
        step.files.push(payload);
        this.content.push({ type: "file", mediaType: payload.mimeType, data: { type: "data", data: payload.data } });
        return run.emit({ type: "file", runId, from: "AGENT", payload });
      }
      case "response-metadata":
        if (part.id !== undefined) step.metadata.id = part.id;
        if (part.modelId !== undefined) step.metadata.modelId = part.modelId;
        if (part.timestamp !== undefined) step.metadata.timestamp = part.timestamp.toISOString();
        return undefined;
      case "finish":
        step.finishReason = part.finishReason;
        step.rawFinishReason = part.rawFinishReason;
        step.usage = part.usage;
        if (part.providerMetadata) step.metadata.providerMetadata = part.providerMetadata;
        return undefined;
      case "error":
        this.failure = part.error ?? incompleteAnswer();
        return run.emit({ type: "error", runId, from: "AGENT", payload: { type: "error", error: toChunkError(toModelError(part.error)) } });
      case "raw":
        return run.setup.options.includeRawChunks ? run.emit({ type: "raw", runId, from: "AGENT", payload: part.rawValue }) : undefined;
      default:
        // Parts of kinds that only providers use among themselves.
        return undefined;
    }
  }

  /** What a provider says about a text comes back to it with the conversation (the signature of a reasoning, for example). */
  #openText(id: string, type: "text" | "reasoning", metadata?: Metadata): OpenText["part"] {
    // The last one is nearly always the one that grows.
    for (let index = this.#open.length - 1; index >= 0; index--) {
      const open = this.#open[index];
      if (open?.id !== id || open.part.type !== type) continue;
      if (metadata) open.part.providerOptions = { ...open.part.providerOptions, ...metadata };
      return open.part;
    }
    const part: OpenText["part"] = { type, text: "", providerOptions: { ...metadata, mastra: { createdAt: Date.now() } } };
    this.#open.push({ id, part });
    this.content.push(part);
    return part;
  }

  #reasoningDelta(id: string, delta: string, metadata: Metadata | undefined): void | Promise<void> {
    const run = this.#run;
    const chunk = {
      type: "reasoning-delta" as const,
      runId: run.id,
      from: "AGENT" as const,
      payload: withMetadata({ id, text: delta }, metadata),
    };
    if (run.filters) return this.#filtered(chunk);
    this.#openText(id, "reasoning", metadata).text += delta;
    this.#step.reasoningText += delta;
    return run.emit(chunk);
  }

  /** What processors have let through is what the model has said. */
  async #filtered(chunk: TextChunk): Promise<void> {
    const run = this.#run;
    const shown = await run.filter(chunk);
    if (!shown) return;
    if (shown.type === "text-delta" && "payload" in shown) {
      this.#openText(shown.payload.id, "text").text += shown.payload.text;
      this.#step.text += shown.payload.text;
      const partial = this.#structured?.push(this.#step.text);
      if (partial) await run.emit({ type: "object", runId: run.id, from: "AGENT", object: partial.value });
    } else if (shown.type === "reasoning-delta" && "payload" in shown) {
      this.#openText(shown.payload.id, "reasoning", chunk.payload.providerMetadata as Metadata | undefined).text += shown.payload.text;
      this.#step.reasoningText += shown.payload.text;
    }
    await run.show(shown);
  }

  #textDelta(id: string, delta: string, providerMetadata: Metadata | undefined): void | Promise<void> {
    const run = this.#run;
    const chunk = {
      type: "text-delta" as const,
      runId: run.id,
      from: "AGENT" as const,
      payload: withMetadata({ id, text: delta }, providerMetadata),
    };
    if (run.filters) return this.#filtered(chunk);
    this.#openText(id, "text", providerMetadata).text += delta;
    this.#step.text += delta;
    const partial = this.#structured?.push(this.#step.text);
    if (partial === undefined) return run.emit(chunk);
    const wait = run.emit({ type: "object", runId: run.id, from: "AGENT", object: partial.value });
    return wait ? wait.then(() => run.emit(chunk)) : run.emit(chunk);
  }

  #toolCall(part: Extract<ModelPart, { type: "tool-call" }>): void | Promise<void> {
    const call: ToolCallPayload = {
      toolCallId: part.toolCallId,
      toolName: part.toolName,
      args: parseArguments(part.input),
      ...(part.providerExecuted && { providerExecuted: true }),
      ...("dynamic" in part && part.dynamic && { dynamic: true }),
      ...(part.providerMetadata !== undefined && { providerMetadata: part.providerMetadata }),
    };
    this.#step.toolCalls.push(call);
    this.content.push({
      type: "tool-call",
      toolCallId: call.toolCallId,
      toolName: call.toolName,
      input: call.args instanceof UnreadableArguments ? {} : call.args,
      // What a provider says about a call comes back to it with the conversation (thought signatures, for example).
      providerOptions: { ...part.providerMetadata, mastra: { createdAt: Date.now() } },
      ...(part.providerExecuted && { providerExecuted: true }),
    });
    return this.#run.emit({ type: "tool-call", runId: this.#run.id, from: "AGENT", payload: call });
  }
}

/** Arguments that are not JSON, kept so that the model can be told. */
export class UnreadableArguments {
  readonly text: string;
  readonly reason: string;

  constructor(text: string, reason: string) {
    this.text = text;
    this.reason = reason;
  }

  toJSON(): string {
    return this.text;
  }
}

function parseArguments(input: unknown): unknown {
  if (typeof input !== "string") return input ?? {};
  if (input.trim() === "") return {};
  try {
    return JSON.parse(input) as unknown;
  } catch (error) {
    return new UnreadableArguments(input, messageOf(error));
  }
}

function withMetadata<T extends object>(payload: T, providerMetadata: unknown): T {
  return providerMetadata === undefined ? payload : { ...payload, providerMetadata };
}

export function incompleteAnswer(): FermataError {
  return new FermataError("UPSTREAM_FAILED", "The model's answer ended without saying why.");
}
