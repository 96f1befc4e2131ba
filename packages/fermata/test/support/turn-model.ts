/** A model that answers its calls in turn, for tests of the agent loop. Asked for more turns than it has, it fails. */
import type { LanguageModelV2, LanguageModelV3, LanguageModelV4, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import type { AgentChunk } from "../../src/agents/chunks.ts";
import { toolCallParts } from "./part-model.ts";
import { NO_USAGE } from "./scripted-model.ts";

type Part = LanguageModelV4StreamPart;

export { scriptedModel as turnModel } from "../../src/testing/scripted-model.ts";
export type { ScriptedModel as TurnModel, Turn } from "../../src/testing/scripted-model.ts";

/** One answer that calls several tools: `[name, args, id]`. */
export function callParts(...calls: readonly (readonly [name: string, args?: unknown, id?: string])[]): Part[] {
  const parts = calls.flatMap(([name, args = {}, id], index) => toolCallParts(name, args, id ?? `call-${index + 1}`).slice(1, -1));
  return [{ type: "stream-start", warnings: [] }, ...parts, finishPart("tool-calls")];
}

export function finishPart(unified: "stop" | "tool-calls" | "length" | "error", inputTokens?: number, outputTokens?: number): Part {
  const usage = {
    inputTokens: { ...NO_USAGE.inputTokens, total: inputTokens },
    outputTokens: { ...NO_USAGE.outputTokens, total: outputTokens },
  };
  return { type: "finish", finishReason: { unified, raw: unified }, usage };
}

/** The same model as an older version of the interface has it. */
export function asV2(model: LanguageModelV4): LanguageModelV2 {
  const finish = (part: Part): unknown =>
    part.type === "finish"
      ? {
          ...part,
          finishReason: part.finishReason.unified,
          usage: { inputTokens: part.usage.inputTokens.total, outputTokens: part.usage.outputTokens.total, totalTokens: undefined },
        }
      : part;
  return {
    ...model,
    specificationVersion: "v2",
    async doGenerate(options: never) {
      const result = await model.doGenerate(options);
      return {
        ...result,
        finishReason: result.finishReason.unified,
        usage: { inputTokens: undefined, outputTokens: undefined, totalTokens: undefined },
      };
    },
    async doStream(options: never) {
      const { stream } = await model.doStream(options);
      return {
        stream: stream.pipeThrough(
          new TransformStream<Part, unknown>({ transform: (part, controller) => controller.enqueue(finish(part)) }),
        ),
      };
    },
    // The parts that the tests use are the same in both versions, but for the finish that is rewritten above.
  } as unknown as LanguageModelV2;
}

export function asV3(model: LanguageModelV4): LanguageModelV3 {
  return { ...model, specificationVersion: "v3" } as unknown as LanguageModelV3; // as above; v3 has the finish of v4
}

export async function chunksOf(stream: { readonly fullStream: ReadableStream<AgentChunk> }): Promise<AgentChunk[]> {
  return Array.fromAsync(stream.fullStream);
}

export function typesOf(chunks: readonly AgentChunk[]): string[] {
  return chunks.map(({ type }) => type);
}

type PayloadOf<C, T> = C extends { readonly type: T; readonly payload: infer P } ? P : never;

/** The payloads of the chunks of one type. */
export function payloads<T extends AgentChunk["type"]>(chunks: readonly AgentChunk[], type: T): PayloadOf<AgentChunk, T>[] {
  // The type of a chunk says what its payload is.
  return chunks.flatMap((chunk) => (chunk.type === type && "payload" in chunk ? [chunk.payload as PayloadOf<AgentChunk, T>] : []));
}
