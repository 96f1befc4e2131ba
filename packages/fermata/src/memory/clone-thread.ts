import { FermataError } from "../errors.ts";
import type { MessageRecord } from "../storage/messages.ts";
import type { ScopedStore } from "../storage/store.ts";
import { toMemoryMessage } from "./message.ts";
import type { MemoryMessage } from "./message.ts";
import { toMemoryThread } from "./thread.ts";
import type { MemoryThread } from "./thread.ts";

export interface CloneThreadInput {
  readonly sourceThreadId: string;
  /** Default: a new one. */
  readonly newThreadId?: string | undefined;
  /** Default: that of the source. */
  readonly resourceId?: string | undefined;
  readonly title?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly options?:
    | {
        /** The last ones. */
        readonly messageLimit?: number | undefined;
        readonly messageFilter?:
          | {
              readonly startDate?: Date | undefined;
              readonly endDate?: Date | undefined;
              readonly messageIds?: readonly string[] | undefined;
            }
          | undefined;
      }
    | undefined;
}

export interface ClonedThread {
  readonly thread: MemoryThread;
  readonly clonedMessages: readonly MemoryMessage[];
  /** The new id of each message by its old one. */
  readonly messageIdMap: Readonly<Record<string, string>>;
}

/** A copy of a thread with copies of its messages, which say where they come from. */
export async function cloneThread(
  store: ScopedStore,
  { sourceThreadId, newThreadId, resourceId, title, metadata, options }: CloneThreadInput,
): Promise<ClonedThread> {
  const source = await store.threads.get(sourceThreadId);
  if (!source) throw new FermataError("NOT_FOUND", "Thread not found");
  const chosen = await chooseMessages(store, sourceThreadId, options);
  const lastMessageId = chosen.at(-1)?.id;
  const clone = { sourceThreadId, clonedAt: new Date().toISOString(), ...(lastMessageId !== undefined && { lastMessageId }) };
  const owner = resourceId ?? source.resourceId;
  const target = store.reach.resourceId === undefined && owner !== "" ? store.within(owner) : store;
  const { thread, created } = await target.threads.create({
    id: newThreadId ?? crypto.randomUUID(),
    resourceId: owner,
    title: title ?? (source.title ? `Clone of ${source.title}` : ""),
    metadata: { ...source.metadata, ...metadata, clone },
  });
  if (!created) throw new FermataError("CONFLICT", `There is a thread ${thread.id} already.`);
  const ids = new Map(chosen.map(({ id }) => [id, crypto.randomUUID()]));
  const copies = chosen.map(({ id, role, type, createdAt, content }) => ({
    id: ids.get(id) ?? id,
    role,
    createdAt,
    content,
    ...(type !== undefined && { type }),
  }));
  const saved = copies.length === 0 ? [] : await target.messages.save(thread.id, copies);
  return { thread: toMemoryThread(thread), clonedMessages: saved.map(toMemoryMessage), messageIdMap: Object.fromEntries(ids) };
}

async function chooseMessages(
  store: ScopedStore,
  threadId: string,
  options: CloneThreadInput["options"],
): Promise<readonly MessageRecord[]> {
  const { messageLimit, messageFilter } = options ?? {};
  const { startDate, endDate, messageIds } = messageFilter ?? {};
  const { items } = await store.messages.list({
    threadId,
    dateRange: { start: startDate?.getTime(), end: endDate?.getTime() },
    perPage: false,
  });
  const wanted = messageIds && new Set(messageIds);
  const chosen = wanted ? items.filter(({ id }) => wanted.has(id)) : items;
  return messageLimit === undefined ? chosen : messageLimit <= 0 ? [] : chosen.slice(-messageLimit);
}
