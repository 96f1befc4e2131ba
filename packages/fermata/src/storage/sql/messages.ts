import { assertId } from "../ids.ts";
import { withoutRepeats } from "../messages.ts";
import type { MessageNeighbours, MessageQuery, MessageRecord, MessageStore } from "../messages.ts";
import { filterEntries } from "../metadata.ts";
import { toPage, toWindow } from "../page.ts";
import type { Page } from "../page.ts";
import type { Reach } from "../reach.ts";
import { one } from "./database.ts";
import type { Dialect, Query, Row, SqlDatabase, SqlValue, Work } from "./database.ts";
import { forReach, owned } from "./owner.ts";
import { json, number, optionalText, text } from "./row.ts";
import { savePlan } from "./save-messages.ts";

const DEFAULT_PER_PAGE = 40;

function statements({ table }: Dialect) {
  const [threads, messages] = [table("threads"), table("messages")];
  const columns = "m.id, m.seq, m.role, m.type, m.created_at, m.content, t.id as thread_id, t.resource_id";
  const joined = `from ${messages} m join ${threads} t on t.thread_key = m.thread_key`;
  const thread = `(select thread_key from ${threads} where tenant = $1 and id = $2 {owner} order by thread_key limit 1)`;
  return {
    columns,
    joined,
    recent: owned(4, `select ${columns} ${joined} where m.thread_key = ${thread} and m.seq < $3 order by m.seq desc limit $4`),
    place: owned(
      2,
      `select m.thread_key, m.seq ${joined} where m.id = $2 and t.tenant = $1 {owner} order by m.created_at desc, m.thread_key desc limit 1`,
      "t.resource_id",
    ),
    placeInThread: owned(
      3,
      `select m.thread_key, m.seq ${joined} where m.id = $2 and t.tenant = $1 and t.id = $3 {owner} order by m.thread_key limit 1`,
      "t.resource_id",
    ),
    upTo: `select ${columns} ${joined} where m.thread_key = $1 and m.seq <= $2 order by m.seq desc limit $3`,
    after: `select ${columns} ${joined} where m.thread_key = $1 and m.seq > $2 order by m.seq limit $3`,
  };
}

/** The messages of a database, for any reach. */
export function sqlMessages(db: SqlDatabase): (reach: Reach) => MessageStore {
  const sql = statements(db.dialect);
  const save = savePlan(db);

  function* list(reach: Reach, messageQuery: MessageQuery): Work<Page<MessageRecord>> {
    const window = toWindow(messageQuery, DEFAULT_PER_PAGE);
    const { where, values } = listCondition(db.dialect, reach, messageQuery);
    const from = `${sql.joined} where ${where}`;
    const direction = messageQuery.direction === "DESC" ? "desc" : "asc";
    const columns = typeof messageQuery.threadId === "string" ? ["m.thread_key", "m.seq"] : ["m.created_at", "m.thread_key", "m.seq"];
    const order = columns.map((column) => `${column} ${direction}`).join(", ");
    const limit = window.limit === undefined ? "" : `limit ${window.limit} offset ${window.offset}`;
    const { rows } = yield { text: `select ${sql.columns} ${from} order by ${order} ${limit}`, values, cold: true };
    if (window.limit === undefined) return toPage(rows.map(toMessage), rows.length, window);
    const [count] = (yield { text: `select count(*) as total ${from}`, values, cold: true }).rows;
    return toPage(rows.map(toMessage), count ? number(count, "total") : 0, window);
  }

  function* around(reach: Reach, wanted: readonly MessageNeighbours[]): Work<MessageRecord[]> {
    const found = new Map<string, MessageRecord>();
    for (const { id, threadId, previous = 0, next = 0 } of wanted) {
      const place: Query =
        threadId === undefined
          ? forReach(sql.place, reach, [reach.tenant, id])
          : forReach(sql.placeInThread, reach, [reach.tenant, id, threadId]);
      const [row] = (yield place).rows;
      if (!row) continue;
      const [thread, seq] = [number(row, "thread_key"), number(row, "seq")];
      const before = (yield { text: sql.upTo, values: [thread, seq, previous + 1] }).rows;
      const after = next > 0 ? (yield { text: sql.after, values: [thread, seq, next] }).rows : [];
      for (const message of [...before, ...after].map(toMessage))
        found.set(`${message.resourceId}\0${message.threadId}\0${message.seq}`, message);
    }
    return [...found.values()].sort(byPlace);
  }

  function* byIds(reach: Reach, ids: readonly string[]): Work<MessageRecord[]> {
    if (ids.length === 0) return [];
    const values: SqlValue[] = [reach.tenant];
    const owner = reach.resourceId === undefined ? "" : `and t.resource_id = $${values.push(reach.resourceId)}`;
    const list = ids.map((id) => `$${values.push(id)}`).join(", ");
    const text = `select ${sql.columns} ${sql.joined} where m.id in (${list}) and t.tenant = $1 ${owner} order by m.created_at, m.thread_key, m.seq`;
    return (yield { text, values, cold: true }).rows.map(toMessage);
  }

  function* remove(reach: Reach, ids: readonly string[], threadId: string | undefined): Work<number> {
    if (ids.length === 0) return 0;
    const values: SqlValue[] = [reach.tenant];
    const owner = reach.resourceId === undefined ? "" : `and t.resource_id = $${values.push(reach.resourceId)}`;
    const thread = threadId === undefined ? "" : `and t.id = $${values.push(threadId)}`;
    const list = ids.map((id) => `$${values.push(id)}`).join(", ");
    const { table } = db.dialect;
    const text = `delete from ${table("messages")} where id in (${list}) and exists
      (select 1 from ${table("threads")} t where t.thread_key = ${table("messages")}.thread_key and t.tenant = $1 ${owner} ${thread})`;
    return (yield { text, values, cold: true }).changes;
  }

  return (reach) => ({
    async save(threadId, messages) {
      const distinct = withoutRepeats(messages);
      for (const { id } of distinct) assertId(id, "message's id");
      return distinct.length === 0 ? [] : await save(reach, threadId, distinct);
    },
    get: (ids) => db.read(() => byIds(reach, ids)),
    async recent(threadId, limit, beforeSeq = Number.MAX_SAFE_INTEGER) {
      const { rows } = await db.read(() => one(forReach(sql.recent, reach, [reach.tenant, threadId, beforeSeq, limit])));
      return rows.map(toMessage).reverse();
    },
    list: (messageQuery = {}) => db.read(() => list(reach, messageQuery)),
    around: (messages) => db.read(() => around(reach, messages)),
    delete: (ids, threadId) => db.write(() => remove(reach, ids, threadId)),
  });
}

function listCondition(dialect: Dialect, reach: Reach, wanted: MessageQuery): { where: string; values: SqlValue[] } {
  const values: SqlValue[] = [reach.tenant];
  const parameter = (value: SqlValue): string => `$${values.push(value)}`;
  const anyOf = (column: string, options: readonly string[]): string =>
    options.length === 0 ? "1 = 0" : `${column} in (${options.map(parameter).join(", ")})`;
  const conditions = ["t.tenant = $1"];
  for (const id of [reach.resourceId, wanted.resourceId]) if (id !== undefined) conditions.push(`t.resource_id = ${parameter(id)}`);
  if (typeof wanted.threadId === "string") {
    const owner = reach.resourceId === undefined ? "" : `and resource_id = ${parameter(reach.resourceId)}`;
    const key = `select thread_key from ${dialect.table("threads")} where tenant = $1 and id = ${parameter(wanted.threadId)} ${owner}`;
    conditions.push(`m.thread_key = (${key} order by thread_key limit 1)`);
  } else if (wanted.threadId) conditions.push(anyOf("t.id", wanted.threadId));
  if (wanted.roles) conditions.push(anyOf("m.role", wanted.roles));
  const { start, end, startExclusive = false, endExclusive = false } = wanted.dateRange ?? {};
  if (start !== undefined) conditions.push(`m.created_at ${startExclusive ? ">" : ">="} ${parameter(start)}`);
  if (end !== undefined) conditions.push(`m.created_at ${endExclusive ? "<" : "<="} ${parameter(end)}`);
  for (const [key, value] of filterEntries(wanted.metadata)) conditions.push(dialect.jsonEquals("m.metadata", key, value, values));
  return { where: conditions.join(" and "), values };
}

function byPlace(a: MessageRecord, b: MessageRecord): number {
  if (a.threadId !== b.threadId) return a.threadId < b.threadId ? -1 : 1;
  return a.seq - b.seq;
}

function toMessage(row: Row): MessageRecord {
  const type = optionalText(row, "type");
  return {
    id: text(row, "id"),
    threadId: text(row, "thread_id"),
    resourceId: text(row, "resource_id"),
    seq: number(row, "seq"),
    role: text(row, "role"),
    ...(type !== undefined && { type }),
    createdAt: number(row, "created_at"),
    content: json(row, "content"),
  };
}
