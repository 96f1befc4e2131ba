import { FermataError } from "../errors.ts";
import type { DateRange, MessageQuery, MessageRecord } from "../storage/messages.ts";
import type { MetadataFilter } from "../storage/metadata.ts";
import type { ScopedStore } from "../storage/store.ts";
import { cloneThread } from "./clone-thread.ts";
import type { ClonedThread, CloneThreadInput } from "./clone-thread.ts";
import { toMemoryMessage, toNewMessage } from "./message.ts";
import type { MemoryMessage, MessageToSave } from "./message.ts";
import type { ResolvedMemoryConfig } from "./options.ts";
import type { RecallIndex } from "./recall-index.ts";
import { toMemoryThread } from "./thread.ts";
import type { MemoryThread } from "./thread.ts";
import { readWorkingMemory, templateOf, writeWorkingMemory } from "./working-memory.ts";
import type { WorkingMemoryOwner, WorkingMemoryTemplate } from "./working-memory.ts";

export interface CreateThreadInput {
  /** Default: a new one. */
  readonly threadId?: string | undefined;
  readonly resourceId: string;
  readonly title?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** A page of a list: counts from 0; `perPage: false` for everything. */
export interface Paging {
  readonly page?: number | undefined;
  readonly perPage?: number | false | undefined;
}

export interface ListThreadsInput extends Paging {
  readonly filter?: { readonly resourceId?: string | undefined; readonly metadata?: MetadataFilter | undefined } | undefined;
  /** Default newest first, by `createdAt`. */
  readonly orderBy?:
    | { readonly field?: "createdAt" | "updatedAt" | undefined; readonly direction?: "ASC" | "DESC" | undefined }
    | undefined;
}

export interface ThreadPage {
  readonly threads: readonly MemoryThread[];
  readonly total: number;
  readonly page: number;
  readonly perPage: number | false;
  readonly hasMore: boolean;
}

export interface RecallInput extends Paging {
  readonly threadId: string;
  readonly resourceId?: string | undefined;
  /** Instead of a page of the thread: the messages that come nearest to this text, with their neighbours. Needs `semanticRecall`. */
  readonly vectorSearchString?: string | undefined;
  /** Messages, wherever they are, that come with the page, with their neighbours. */
  readonly include?: readonly IncludedMessage[] | undefined;
  readonly filter?:
    | {
        readonly dateRange?:
          | {
              readonly start?: Date | undefined;
              readonly end?: Date | undefined;
              readonly startExclusive?: boolean | undefined;
              readonly endExclusive?: boolean | undefined;
            }
          | undefined;
        readonly roles?: readonly string[] | undefined;
        readonly metadata?: MetadataFilter | undefined;
      }
    | undefined;
  /** Default oldest first. */
  readonly orderBy?: { readonly field?: "createdAt" | undefined; readonly direction?: "ASC" | "DESC" | undefined } | undefined;
}

export interface IncludedMessage {
  readonly id: string;
  readonly threadId?: string | undefined;
  readonly withPreviousMessages?: number | undefined;
  readonly withNextMessages?: number | undefined;
}

export interface MessagePage {
  readonly messages: readonly MemoryMessage[];
  readonly total: number;
  readonly page: number;
  readonly perPage: number | false;
  readonly hasMore: boolean;
}

export interface ThreadUpdate {
  readonly id: string;
  readonly title?: string | undefined;
  /** Replaces all metadata, but for the thread's working memory. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

const THREADS_PER_PAGE = 100;
const MESSAGES_PER_PAGE = 40;

/** A memory as somebody reaches it: what is out of reach is as if it were not there. */
export class ScopedMemory {
  readonly store: ScopedStore;
  readonly config: ResolvedMemoryConfig;
  /** Present where messages are found by meaning. */
  readonly index: RecallIndex | undefined;

  constructor(store: ScopedStore, config: ResolvedMemoryConfig, index?: RecallIndex) {
    this.store = store;
    this.config = config;
    this.index = index;
  }

  /** A thread that is there already stays as it is. @throws FermataError `FORBIDDEN`, `CONFLICT` as `ThreadStore.create`. */
  async createThread({ threadId = crypto.randomUUID(), resourceId, title = "", metadata }: CreateThreadInput): Promise<MemoryThread> {
    const { thread } = await this.#within(resourceId).threads.create({ id: threadId, resourceId, title, metadata });
    return toMemoryThread(thread);
  }

  async getThreadById({
    threadId,
    resourceId,
  }: {
    readonly threadId: string;
    readonly resourceId?: string | undefined;
  }): Promise<MemoryThread | null> {
    const thread = await this.#within(resourceId).threads.get(threadId);
    return thread ? toMemoryThread(thread) : null;
  }

  async listThreads({ filter, page, perPage = THREADS_PER_PAGE, orderBy }: ListThreadsInput = {}): Promise<ThreadPage> {
    const { resourceId } = this.store.reach;
    const { items, ...rest } = await this.store.threads.list({
      resourceId: resourceId ?? filter?.resourceId,
      metadata: filter?.metadata,
      orderBy,
      ...paging(page, perPage),
    });
    return { threads: items.map(toMemoryThread), ...rest };
  }

  /** Changes what is given. @throws FermataError `NOT_FOUND` */
  async updateThread({ id, title, metadata }: ThreadUpdate): Promise<MemoryThread> {
    const known = metadata && (await this.store.threads.get(id));
    const kept = known?.metadata?.workingMemory;
    const updated = await this.store.threads.update(id, {
      title,
      metadata: metadata && { ...(kept !== undefined && { workingMemory: kept }), ...metadata },
    });
    if (!updated) throw threadNotFound();
    return toMemoryThread(updated);
  }

  /** With its messages. @throws FermataError `NOT_FOUND` */
  async deleteThread(threadId: string): Promise<void> {
    if (!(await this.store.threads.delete(threadId))) throw threadNotFound();
    await this.index?.threadDeleted(threadId);
  }

  /** The messages of a thread, a page at a time. @throws FermataError `NOT_FOUND` */
  async recall({
    threadId,
    resourceId,
    vectorSearchString,
    include,
    filter,
    orderBy,
    page,
    perPage = MESSAGES_PER_PAGE,
  }: RecallInput): Promise<MessagePage> {
    const store = this.#within(resourceId);
    const thread = await store.threads.get(threadId);
    if (!thread) throw threadNotFound();
    const { semanticRecall } = this.config;
    if (vectorSearchString !== undefined && semanticRecall && this.index) {
      const scope = { resourceId: thread.resourceId, ...(semanticRecall.scope === "thread" && { threadId }) };
      const { records } = await this.index.find(store, vectorSearchString, semanticRecall, scope);
      return { messages: records.map(toMemoryMessage), total: records.length, page: 0, perPage: false, hasMore: false };
    }
    const query: MessageQuery = {
      threadId,
      roles: filter?.roles,
      metadata: filter?.metadata,
      dateRange: filter?.dateRange && toDateRange(filter.dateRange),
      direction: orderBy?.direction,
      ...paging(page, perPage),
    };
    const { items, ...rest } = await store.messages.list(query);
    const around = include && include.length > 0 ? await store.messages.around(include.map(toNeighbours)) : [];
    return { messages: merged(items, around, threadId, orderBy?.direction).map(toMemoryMessage), ...rest };
  }

  /**
   * Inserts or replaces by id, each into its thread.
   * @throws FermataError `VALIDATION_FAILED` for a message that cannot be kept or has no thread; `NOT_FOUND` when a thread is not there.
   */
  async saveMessages({
    messages,
  }: {
    readonly messages: readonly MessageToSave[];
  }): Promise<{ readonly messages: readonly MemoryMessage[] }> {
    const groups = new Map<string, { readonly store: ScopedStore; readonly threadId: string; readonly indexes: number[] }>();
    for (const [index, { threadId, resourceId }] of messages.entries()) {
      if (!threadId || !resourceId) throw new FermataError("VALIDATION_FAILED", `messages[${index}] needs a threadId and a resourceId.`);
      const key = `${resourceId}\0${threadId}`;
      const group = groups.get(key) ?? { store: this.#within(resourceId), threadId, indexes: [] };
      group.indexes.push(index);
      groups.set(key, group);
    }
    const converted = messages.map(toNewMessage);
    const saved = new Map<string, MemoryMessage>();
    for (const { store, threadId, indexes } of groups.values()) {
      const records = await store.messages.save(
        threadId,
        indexes.flatMap((index) => converted[index] ?? []),
      );
      for (const record of records) saved.set(`${record.resourceId}\0${threadId}\0${record.id}`, toMemoryMessage(record));
    }
    const list = [...saved.values()];
    await this.index?.saved(list);
    return { messages: list };
  }

  /** Resolves to the number of messages that were there. */
  async deleteMessages(messageIds: readonly string[]): Promise<number> {
    const count = messageIds.length === 0 ? 0 : await this.store.messages.delete(messageIds);
    await this.index?.deleted(messageIds);
    return count;
  }

  /** @throws FermataError `NOT_FOUND`; `CONFLICT` when there is a thread with the new id. */
  async cloneThread(input: CloneThreadInput): Promise<ClonedThread> {
    const clone = await cloneThread(this.store, input);
    await this.index?.saved(clone.clonedMessages);
    return clone;
  }

  /** Gives a thread to another resource. @throws FermataError `NOT_FOUND`, `CONFLICT` */
  async transfer({ threadId, resourceId }: { readonly threadId: string; readonly resourceId: string }): Promise<MemoryThread> {
    const thread = await this.store.threads.transfer(threadId, resourceId);
    if (!thread) throw threadNotFound();
    if (this.index) {
      await this.index.threadDeleted(threadId);
      if (this.store.reach.resourceId === undefined)
        await this.index.saved(
          (await this.store.within(resourceId).messages.list({ threadId, perPage: false })).items.map(toMemoryMessage),
        );
    }
    return toMemoryThread(thread);
  }

  /** `null` where nothing is remembered, or working memory is off. */
  async getWorkingMemory(owner: WorkingMemoryOwner): Promise<string | null> {
    const { workingMemory } = this.config;
    return workingMemory ? readWorkingMemory(this.#within(owner.resourceId), workingMemory, owner) : null;
  }

  /** @throws FermataError `VALIDATION_FAILED` when working memory is off or the update does not fit; `NOT_FOUND` when there is no such thread. */
  async updateWorkingMemory({ workingMemory: update, ...owner }: WorkingMemoryOwner & { readonly workingMemory: unknown }): Promise<void> {
    const { workingMemory } = this.config;
    if (!workingMemory) throw new FermataError("VALIDATION_FAILED", "Working memory is not enabled.");
    await writeWorkingMemory(this.#within(owner.resourceId), workingMemory, owner, update);
  }

  getWorkingMemoryTemplate(): WorkingMemoryTemplate | null {
    return this.config.workingMemory ? templateOf(this.config.workingMemory) : null;
  }

  /** Whoever reaches one resource alone stays there, whatever is asked for. */
  #within(resourceId: string | undefined): ScopedStore {
    return resourceId === undefined || this.store.reach.resourceId !== undefined ? this.store : this.store.within(resourceId);
  }
}

export function threadNotFound(): FermataError {
  return new FermataError("NOT_FOUND", "Thread not found");
}

function paging(page: number | undefined, perPage: number | false): { page?: number; perPage: number | false } {
  return { ...(page !== undefined && { page }), perPage };
}

function toDateRange({
  start,
  end,
  startExclusive,
  endExclusive,
}: NonNullable<NonNullable<RecallInput["filter"]>["dateRange"]>): DateRange {
  return { start: start?.getTime(), end: end?.getTime(), startExclusive, endExclusive };
}

function toNeighbours({ id, threadId, withPreviousMessages, withNextMessages }: IncludedMessage): {
  id: string;
  threadId?: string | undefined;
  previous?: number | undefined;
  next?: number | undefined;
} {
  return { id, threadId, previous: withPreviousMessages, next: withNextMessages };
}

/** Each message once; those of other threads first, in their own order. */
function merged(
  page: readonly MessageRecord[],
  around: readonly MessageRecord[],
  threadId: string,
  direction: "ASC" | "DESC" = "ASC",
): readonly MessageRecord[] {
  if (around.length === 0) return page;
  const own = new Map([...page, ...around.filter((record) => record.threadId === threadId)].map((record) => [record.id, record]));
  const sign = direction === "ASC" ? 1 : -1;
  return [...around.filter((record) => record.threadId !== threadId), ...[...own.values()].sort((a, b) => sign * (a.seq - b.seq))];
}
