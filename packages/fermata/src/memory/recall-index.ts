/** Messages by meaning. The index says where to look; what is read comes from the store, which knows whose it is. */
import { FermataError } from "../errors.ts";
import type { MessageRecord } from "../storage/messages.ts";
import type { Reach } from "../storage/reach.ts";
import type { ScopedStore } from "../storage/store.ts";
import type { VectorFilter } from "../storage/vector/filter.ts";
import type { VectorStore } from "../storage/vector/vector.ts";
import type { Embedder } from "./embedder.ts";
import { textOf } from "./message.ts";
import type { MemoryMessage } from "./message.ts";
import type { ResolvedMemoryConfig } from "./options.ts";

export interface RecallScope {
  readonly resourceId?: string | undefined;
  /** Only this thread. */
  readonly threadId?: string | undefined;
}

export type RecallConfig = NonNullable<ResolvedMemoryConfig["semanticRecall"]>;

const SPOKEN: ReadonlySet<string> = new Set(["user", "assistant"]);

export class RecallIndex {
  readonly #vector: VectorStore;
  readonly #embedder: Embedder;
  readonly #reach: Reach;

  constructor(vector: VectorStore, embedder: Embedder, reach: Reach) {
    this.#vector = vector;
    this.#embedder = embedder;
    this.#reach = reach;
  }

  /** Inserts or replaces what the messages say. */
  async saved(messages: readonly MemoryMessage[]): Promise<void> {
    const spoken = messages.filter(({ role, content }) => SPOKEN.has(role) && textOf(content).trim() !== "");
    if (spoken.length === 0) return;
    const vectors = await this.#embedder.embed(spoken.map(({ content }) => textOf(content)));
    const dimension = vectors[0]?.length ?? 0;
    const indexName = indexOf(dimension);
    await this.#vector.createIndex({ indexName, dimension });
    await this.#vector.upsert({
      indexName,
      vectors,
      ids: await Promise.all(spoken.map((message) => this.#idOf(message))),
      metadata: spoken.map(({ id, threadId, resourceId }) => ({
        tenant: this.#reach.tenant,
        resource_id: resourceId,
        thread_id: threadId,
        message_id: id,
      })),
    });
  }

  deleted(ids: readonly string[]): Promise<void> {
    return this.#delete({ message_id: { $in: [...ids] } });
  }

  threadDeleted(threadId: string): Promise<void> {
    return this.#delete({ thread_id: threadId });
  }

  /** The messages that come nearest to the text, each with its neighbours, in the order of their threads. */
  async find(
    store: ScopedStore,
    text: string,
    { topK, before, after, threshold }: RecallConfig,
    scope: RecallScope,
  ): Promise<{ readonly records: readonly MessageRecord[]; readonly hits: ReadonlySet<string> }> {
    const [queryVector] = await this.#embedder.embed([text]);
    if (!queryVector) return { records: [], hits: new Set() };
    const resourceId = this.#reach.resourceId ?? scope.resourceId;
    const filter = {
      tenant: this.#reach.tenant,
      ...(resourceId !== undefined && { resource_id: resourceId }),
      ...(scope.threadId !== undefined && { thread_id: scope.threadId }),
    };
    const query = { indexName: indexOf(queryVector.length), queryVector, topK, filter, minScore: threshold };
    const matches = await this.#vector.query(query).catch(orNothing);
    const wanted = matches.flatMap(({ metadata }) => {
      const [id, threadId] = [metadata?.message_id, metadata?.thread_id];
      return typeof id === "string" && typeof threadId === "string" ? [{ id, threadId, previous: before, next: after }] : [];
    });
    const records = wanted.length === 0 ? [] : await store.messages.around(wanted);
    return { records, hits: new Set(wanted.map(({ id, threadId }) => `${threadId}\0${id}`)) };
  }

  async #delete(filter: VectorFilter): Promise<void> {
    const { tenant, resourceId } = this.#reach;
    const own = { tenant, ...(resourceId !== undefined && { resource_id: resourceId }), ...filter };
    for (const indexName of await this.#vector.listIndexes())
      if (indexName.startsWith(PREFIX)) await this.#vector.deleteVectors({ indexName, filter: own });
  }

  /** One vector per message: the id is a name for all that it belongs to. */
  async #idOf({ id, threadId, resourceId }: MemoryMessage): Promise<string> {
    const name = JSON.stringify([this.#reach.tenant, resourceId, threadId, id]);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name)));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

const PREFIX = "memory_messages_";

/** Models with other vectors have other indexes: an app may change its model. */
function indexOf(dimension: number): string {
  return `${PREFIX}${dimension}`;
}

/** Without an index nothing has been said yet. */
function orNothing(error: unknown): [] {
  if (FermataError.is(error) && error.code === "NOT_FOUND") return [];
  throw error;
}

/** What was said in other conversations, as the model is told. */
export function recalledPrompt(messages: readonly MemoryMessage[]): string {
  const lines = messages.map(
    ({ role, createdAt, content }) => `${createdAt.toISOString().slice(0, 16).replace("T", " ")} ${role}: ${textOf(content)}`,
  );
  return `What was said in other conversations with this user and may matter now:\n<remembered_from_other_conversations>\n${lines.join("\n")}\n</remembered_from_other_conversations>`;
}
