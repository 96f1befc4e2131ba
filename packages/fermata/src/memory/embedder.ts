import { FermataError } from "../errors.ts";

/** Turns texts into vectors, one for each. */
export interface Embedder {
  embed(texts: readonly string[]): Promise<readonly (readonly number[])[]>;
}

/** What of an AI SDK embedding model is used: version 2, 3 and 4 have it alike. */
export interface EmbeddingModel {
  readonly modelId: string;
  readonly maxEmbeddingsPerCall?: number | PromiseLike<number | undefined> | undefined;
  doEmbed(options: { values: string[]; abortSignal?: AbortSignal }): PromiseLike<{ readonly embeddings: readonly (readonly number[])[] }>;
}

/** Models take texts of a few thousand tokens; what a message is about stands at its beginning. */
const MAX_CHARS = 8_000;
const DEFAULT_BATCH = 96;

/** @throws FermataError `MISCONFIGURED` when it is neither. */
export function toEmbedder(given: Embedder | EmbeddingModel): Embedder {
  if ("embed" in given) return { embed: (texts) => given.embed(texts.map(shortened)) };
  if ("doEmbed" in given) return { embed: (texts) => embedInBatches(given, texts.map(shortened)) };
  throw new FermataError("MISCONFIGURED", "The embedder must be an AI SDK embedding model, or an object with embed(texts).");
}

async function embedInBatches(model: EmbeddingModel, texts: readonly string[]): Promise<readonly (readonly number[])[]> {
  const most = (await model.maxEmbeddingsPerCall) ?? DEFAULT_BATCH;
  const vectors: (readonly number[])[] = [];
  for (let start = 0; start < texts.length; start += most) {
    const { embeddings } = await model.doEmbed({ values: texts.slice(start, start + most) });
    vectors.push(...embeddings);
  }
  return vectors;
}

function shortened(text: string): string {
  return text.length > MAX_CHARS ? text.slice(0, MAX_CHARS) : text;
}
