import type { MessageRecord } from "../storage/messages.ts";
import type { ScopedStore } from "../storage/store.ts";
import type { ScopedMemory } from "./scoped-memory.ts";
import { textOf, toContent } from "./message.ts";

export interface SearchInput {
  readonly query: string;
  readonly resourceId?: string | undefined;
  readonly threadId?: string | undefined;
  /** Default 20. */
  readonly limit?: number | undefined;
}

export interface FoundText {
  readonly id: string;
  readonly role: string;
  readonly text: string;
  readonly createdAt: Date;
  readonly threadId: string;
}

export interface FoundMessage {
  readonly message: FoundText;
  readonly threadTitle: string;
  readonly before: readonly FoundText[];
  readonly after: readonly FoundText[];
}

/** Messages that are looked through, newest first: a search must not read a store to its end. */
const MAX_SCANNED = 2_000;
const PAGE = 200;
const NEIGHBOURS = 2;

/** The messages that the index finds, each with its neighbours. */
export async function searchByMeaning(
  { store, index, config }: ScopedMemory,
  { query, resourceId, threadId, limit = 20 }: SearchInput,
): Promise<readonly FoundMessage[] | undefined> {
  if (!index || !config.semanticRecall || query.trim() === "") return undefined;
  const { records } = await index.find(
    store,
    query,
    { ...config.semanticRecall, topK: limit, before: 0, after: 0 },
    { resourceId, threadId },
  );
  return Promise.all(records.map((record) => withNeighbours(store, record)));
}

/** The newest messages whose text has all words of the query, each with its neighbours. Without any word, simply the newest. */
export async function searchMessages(
  store: ScopedStore,
  { query, resourceId, threadId, limit = 20 }: SearchInput,
): Promise<readonly FoundMessage[]> {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const hits: MessageRecord[] = [];
  for (let page = 0; page * PAGE < MAX_SCANNED && hits.length < limit; page++) {
    const { items, hasMore } = await store.messages.list({ threadId, resourceId, direction: "DESC", page, perPage: PAGE });
    for (const record of items) {
      const text = toFoundText(record).text.toLowerCase();
      if (text !== "" && words.every((word) => text.includes(word))) hits.push(record);
    }
    if (!hasMore) break;
  }
  return Promise.all(hits.slice(0, limit).map((hit) => withNeighbours(store, hit)));
}

async function withNeighbours(store: ScopedStore, hit: MessageRecord): Promise<FoundMessage> {
  const own = store.reach.resourceId === undefined && hit.resourceId !== "" ? store.within(hit.resourceId) : store;
  const [thread, around] = await Promise.all([
    own.threads.get(hit.threadId),
    own.messages.around([{ id: hit.id, threadId: hit.threadId, previous: NEIGHBOURS, next: NEIGHBOURS }]),
  ]);
  return {
    message: toFoundText(hit),
    threadTitle: thread?.title ?? "",
    before: around.filter(({ seq }) => seq < hit.seq).map(toFoundText),
    after: around.filter(({ seq }) => seq > hit.seq).map(toFoundText),
  };
}

function toFoundText({ id, role, createdAt, threadId, content }: MessageRecord): FoundText {
  return { id, role, text: textOf(toContent(content)), createdAt: new Date(createdAt), threadId };
}
