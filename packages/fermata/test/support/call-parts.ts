/** Reading the answers of models in tests. */
import type { ModelCallOptions, ModelCandidate, ModelPart, ModelReply, LanguageModel } from "../../src/models/types.ts";

export const ASK: ModelCallOptions = { prompt: [{ role: "user", content: [{ type: "text", text: "Hello" }] }] };

export function candidate(
  model: LanguageModel,
  maxRetries = 0,
  more: Omit<Partial<ModelCandidate>, "model" | "maxRetries"> = {},
): ModelCandidate {
  return { model, maxRetries, ...more };
}

export async function readAll(reply: ModelReply): Promise<ModelPart[]> {
  const parts: ModelPart[] = [];
  for (;;) {
    const part = await reply.parts.read();
    if (part === undefined) return parts;
    parts.push(part);
  }
}

/** The deltas of text or reasoning, joined. */
export function joined(parts: readonly ModelPart[], type: "text-delta" | "reasoning-delta" = "text-delta"): string {
  return parts.map((part) => (part.type === type ? part.delta : "")).join("");
}

/** The part of this type; fails when there is not exactly one. */
export function only<T extends ModelPart["type"]>(parts: readonly ModelPart[], type: T): Extract<ModelPart, { type: T }> {
  const found = parts.filter((part): part is Extract<ModelPart, { type: T }> => part.type === type);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`expected one ${type}, found ${found.length}`);
  return found[0];
}
