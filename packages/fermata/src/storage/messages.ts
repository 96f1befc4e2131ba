import type { Metadata, MetadataFilter } from "./metadata.ts";
import type { Page, PageRequest } from "./page.ts";

export interface NewMessage {
  /** Unique in its thread. */
  readonly id: string;
  readonly role: string;
  readonly type?: string | undefined;
  /** Epoch milliseconds. Default: now. */
  readonly createdAt?: number | undefined;
  /** JSON. A `metadata` object in it is what filters look at. */
  readonly content: unknown;
}

export interface MessageRecord {
  readonly id: string;
  readonly threadId: string;
  readonly resourceId: string;
  /** The place in the thread, given by the store: later messages have greater ones, not necessarily the next. */
  readonly seq: number;
  readonly role: string;
  readonly type?: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly content: unknown;
}

export interface MessageQuery extends PageRequest {
  /** Default: all threads within reach. */
  readonly threadId?: string | readonly string[] | undefined;
  readonly resourceId?: string | undefined;
  readonly dateRange?: DateRange | undefined;
  readonly roles?: readonly string[] | undefined;
  /** Looks at `content.metadata`. */
  readonly metadata?: MetadataFilter | undefined;
  /** Default `ASC`: oldest first. In one thread the order is that of `seq`, over several ones that of `createdAt`. */
  readonly direction?: "ASC" | "DESC" | undefined;
}

/** Epoch milliseconds. */
export interface DateRange {
  readonly start?: number | undefined;
  readonly end?: number | undefined;
  readonly startExclusive?: boolean | undefined;
  readonly endExclusive?: boolean | undefined;
}

/** A message and its neighbours in the thread. */
export interface MessageNeighbours {
  readonly id: string;
  /** Needed only where ids are not unique. */
  readonly threadId?: string | undefined;
  /** How many before it. Default 0. */
  readonly previous?: number | undefined;
  /** How many after it. Default 0. */
  readonly next?: number | undefined;
}

/** The messages of the threads within a principal's reach. */
export interface MessageStore {
  /**
   * Inserts or replaces by id. A message that is replaced keeps its place and its date; one that is unchanged is not written. All or none.
   * Resolves in the order given, without repeated ids.
   * @throws FermataError `NOT_FOUND` when there is no such thread.
   */
  save(threadId: string, messages: readonly NewMessage[]): Promise<readonly MessageRecord[]>;
  /** The messages with these ids that are within reach, in the order of `createdAt`. */
  get(ids: readonly string[]): Promise<readonly MessageRecord[]>;
  /** The last `limit` messages of the thread (before `beforeSeq`), oldest first. Its cost does not depend on the length of the thread. */
  recent(threadId: string, limit: number, beforeSeq?: number): Promise<readonly MessageRecord[]>;
  list(query?: MessageQuery): Promise<Page<MessageRecord>>;
  /** The messages with the given neighbours, each once, in the order of their threads and places. Unknown ids are left out. */
  around(messages: readonly MessageNeighbours[]): Promise<readonly MessageRecord[]>;
  /** Resolves to the number of messages deleted. */
  delete(ids: readonly string[], threadId?: string): Promise<number>;
}

/** What filters look at. */
export function metadataOf(content: unknown): Metadata | undefined {
  if (typeof content !== "object" || content === null || !("metadata" in content)) return undefined;
  const { metadata } = content;
  // An object that is no array; its values are only compared.
  return typeof metadata === "object" && metadata !== null && !Array.isArray(metadata) ? (metadata as Metadata) : undefined;
}

/** Of several messages with one id the last one, at the place of the first. */
export function withoutRepeats<T extends { readonly id: string }>(messages: readonly T[]): T[] {
  return [...new Map(messages.map((message) => [message.id, message])).values()];
}
