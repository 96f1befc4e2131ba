import { FermataError } from "../../errors.ts";
import { assertId } from "../ids.ts";
import { metadataOf, withoutRepeats } from "../messages.ts";
import type { DateRange, MessageQuery, MessageRecord, MessageStore } from "../messages.ts";
import { filterEntries, matchesMetadata } from "../metadata.ts";
import { pageOf, toWindow } from "../page.ts";
import type { Reach } from "../reach.ts";
import type { MessageRow, ThreadRow, ThreadTable } from "./thread-table.ts";

const DEFAULT_PER_PAGE = 40;

/** Messages held in the process, for any reach. */
export function memoryMessages(table: ThreadTable): (reach: Reach) => MessageStore {
  return (reach) => ({
    async save(threadId, messages) {
      const distinct = withoutRepeats(messages);
      for (const { id } of distinct) assertId(id, "message's id");
      if (distinct.length === 0) return [];
      const thread = table.find(reach, threadId);
      if (!thread) throw new FermataError("NOT_FOUND", `Thread ${threadId} was not found.`);
      const now = Date.now();
      const saved = distinct.map(({ id, role, type, createdAt = now, content }) =>
        toRecord(
          thread,
          table.put(thread, { id, role, ...(type !== undefined && { type }), createdAt, content: JSON.stringify(content ?? null) }),
        ),
      );
      table.touch(thread);
      return saved;
    },
    async get(ids) {
      const found: [ThreadRow, MessageRow][] = [];
      for (const thread of table.within(reach)) {
        for (const id of new Set(ids)) {
          const message = thread.byId.get(id);
          if (message) found.push([thread, message]);
        }
      }
      return found.sort(byDate).map(([thread, message]) => toRecord(thread, message));
    },
    async recent(threadId, limit, beforeSeq = Infinity) {
      const thread = table.find(reach, threadId);
      if (!thread || limit <= 0) return [];
      return thread.messages
        .filter(({ seq }) => seq < beforeSeq)
        .slice(-limit)
        .map((message) => toRecord(thread, message));
    },
    async list(query = {}) {
      const window = toWindow(query, DEFAULT_PER_PAGE);
      filterEntries(query.metadata);
      const found = threadsOf(table, reach, query).flatMap((thread) =>
        thread.messages.map((message): [ThreadRow, MessageRow] => [thread, message]),
      );
      if (typeof query.threadId !== "string") found.sort(byDate);
      const matching = found.filter(([, message]) => matches(message, query)).map(([thread, message]) => toRecord(thread, message));
      return pageOf(query.direction === "DESC" ? matching.reverse() : matching, window);
    },
    async around(wanted) {
      const found = new Map<string, MessageRecord>();
      for (const { id, threadId, previous = 0, next = 0 } of wanted) {
        const threads = [...table.within(reach)].filter((row) => row.byId.has(id) && (threadId === undefined || row.id === threadId));
        const thread = threads.sort((a, b) => (b.byId.get(id)?.createdAt ?? 0) - (a.byId.get(id)?.createdAt ?? 0) || b.key - a.key)[0];
        if (!thread) continue;
        const at = thread.messages.findIndex((message) => message.id === id);
        for (const message of thread.messages.slice(Math.max(at - previous, 0), at + next + 1)) {
          found.set(`${thread.key}\0${message.seq}`, toRecord(thread, message));
        }
      }
      return [...found.values()].sort((a, b) => (a.threadId === b.threadId ? a.seq - b.seq : a.threadId < b.threadId ? -1 : 1));
    },
    async delete(ids, threadId) {
      const gone = new Set(ids);
      let count = 0;
      for (const thread of table.within(reach)) {
        if (threadId === undefined || thread.id === threadId) count += table.removeMessages(thread, ({ id }) => gone.has(id));
      }
      return count;
    },
  });
}

function threadsOf(table: ThreadTable, reach: Reach, { threadId, resourceId }: MessageQuery): ThreadRow[] {
  if (typeof threadId === "string") {
    const thread = table.find(reach, threadId);
    return thread && (resourceId === undefined || thread.resourceId === resourceId) ? [thread] : [];
  }
  return [...table.within(reach)].filter(
    (row) => (resourceId === undefined || row.resourceId === resourceId) && (threadId === undefined || threadId.includes(row.id)),
  );
}

function matches(message: MessageRow, { roles, dateRange, metadata }: MessageQuery): boolean {
  if (roles && !roles.includes(message.role)) return false;
  if (dateRange && !inRange(message.createdAt, dateRange)) return false;
  return metadata === undefined || matchesMetadata(metadataOf(JSON.parse(message.content)), metadata);
}

function inRange(at: number, { start = -Infinity, end = Infinity, startExclusive = false, endExclusive = false }: DateRange): boolean {
  return (startExclusive ? at > start : at >= start) && (endExclusive ? at < end : at <= end);
}

function byDate([threadA, a]: [ThreadRow, MessageRow], [threadB, b]: [ThreadRow, MessageRow]): number {
  return a.createdAt - b.createdAt || threadA.key - threadB.key || a.seq - b.seq;
}

function toRecord(thread: ThreadRow, { id, seq, role, type, createdAt, content }: MessageRow): MessageRecord {
  return {
    id,
    threadId: thread.id,
    resourceId: thread.resourceId,
    seq,
    role,
    ...(type !== undefined && { type }),
    createdAt,
    content: JSON.parse(content),
  };
}
