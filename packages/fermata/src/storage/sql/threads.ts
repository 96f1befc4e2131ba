import { FermataError } from "../../errors.ts";
import { assertId } from "../ids.ts";
import { cleanText, filterEntries, metadataText } from "../metadata.ts";
import type { Metadata } from "../metadata.ts";
import { toPage, toWindow } from "../page.ts";
import type { Page } from "../page.ts";
import { ownerOf } from "../reach.ts";
import type { Reach } from "../reach.ts";
import type { NewThread, Thread, ThreadPatch, ThreadQuery, ThreadStore } from "../threads.ts";
import { one } from "./database.ts";
import type { Dialect, Row, SqlDatabase, SqlValue, Work } from "./database.ts";
import { forReach, owned } from "./owner.ts";
import { json, number, optionalText, text } from "./row.ts";

const DEFAULT_PER_PAGE = 100;
const COLUMNS = "id, resource_id, title, metadata, version, created_at, updated_at";

function statements({ table, forUpdate }: Dialect) {
  const threads = table("threads");
  return {
    insert: `insert into ${threads} (tenant, id, resource_id, title, metadata, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $6)
      on conflict (tenant, id, resource_id) do nothing returning ${COLUMNS}`,
    /** Where several resources have the id (only the whole tenant sees that), the oldest one. */
    get: owned(2, `select ${COLUMNS} from ${threads} where tenant = $1 and id = $2 {owner} order by thread_key limit 1`),
    other: `select 1 as found from ${threads} where tenant = $1 and id = $2 and resource_id <> $3 limit 1`,
    lock: owned(
      2,
      `select thread_key, version from ${threads} where tenant = $1 and id = $2 {owner} order by thread_key limit 1 ${forUpdate}`,
    ),
    update: `update ${threads} set title = coalesce($2, title), metadata = coalesce($3, metadata), version = version + 1, updated_at = $4
      where thread_key = $1 returning ${COLUMNS}`,
    transfer: `update ${threads} set resource_id = $2, updated_at = $3 where thread_key = $1
      and not exists (select 1 from ${threads} o where o.tenant = $4 and o.id = $5 and o.resource_id = $2 and o.thread_key <> $1) returning ${COLUMNS}`,
    delete: `delete from ${threads} where thread_key = $1`,
    deleteMessages: `delete from ${table("messages")} where thread_key = $1`,
  };
}

/** The threads of a database, for any reach. */
export function sqlThreads(db: SqlDatabase): (reach: Reach) => ThreadStore {
  const sql = statements(db.dialect);

  function* create(
    reach: Reach,
    { id, title, metadata, createdAt = Date.now() }: NewThread,
    owner: string,
  ): Work<{ thread: Thread; created: boolean }> {
    if (reach.resourceId === undefined) {
      const other = yield { text: sql.other, values: [reach.tenant, id, owner] };
      if (other.rows.length > 0) throw new FermataError("CONFLICT", `Thread ${id} belongs to a different resource.`);
    }
    const values = [
      reach.tenant,
      id,
      owner,
      title === undefined ? null : cleanText(title),
      metadata ? metadataText(metadata) : null,
      createdAt,
    ];
    const { rows } = yield { text: sql.insert, values };
    if (rows[0]) return { thread: toThread(rows[0]), created: true };
    const found = yield { text: sql.get.own, values: [reach.tenant, id, owner] };
    if (!found.rows[0]) throw new FermataError("CONFLICT", `Thread ${id} was deleted while it was created.`);
    return { thread: toThread(found.rows[0]), created: false };
  }

  function* update(reach: Reach, id: string, patch: ThreadPatch, ifVersion: number | undefined): Work<Thread | undefined> {
    const [row] = (yield forReach(sql.lock, reach, [reach.tenant, id])).rows;
    if (!row) return undefined;
    if (ifVersion !== undefined && number(row, "version") !== ifVersion)
      throw new FermataError("CONFLICT", `Thread ${id} was changed meanwhile.`);
    const title = patch.title === undefined ? null : cleanText(patch.title);
    const metadata = patch.metadata === undefined ? null : metadataText(patch.metadata);
    const [changed] = (yield { text: sql.update, values: [number(row, "thread_key"), title, metadata, Date.now()] }).rows;
    return changed && toThread(changed);
  }

  function* remove(reach: Reach, id: string): Work<boolean> {
    const [row] = (yield forReach(sql.lock, reach, [reach.tenant, id])).rows;
    if (!row) return false;
    // The thread first: a save under way has it locked, and the messages that it adds are there when it lets go.
    const { changes } = yield { text: sql.delete, values: [number(row, "thread_key")] };
    yield { text: sql.deleteMessages, values: [number(row, "thread_key")] };
    return changes > 0;
  }

  function* transfer(reach: Reach, id: string, resourceId: string): Work<Thread | undefined> {
    const [row] = (yield forReach(sql.lock, reach, [reach.tenant, id])).rows;
    if (!row) return undefined;
    const [changed] = (yield { text: sql.transfer, values: [number(row, "thread_key"), resourceId, Date.now(), reach.tenant, id] }).rows;
    if (!changed) throw new FermataError("CONFLICT", `Resource ${resourceId} has a thread ${id} already.`);
    return toThread(changed);
  }

  function* list(reach: Reach, threadQuery: ThreadQuery): Work<Page<Thread>> {
    const window = toWindow(threadQuery, DEFAULT_PER_PAGE);
    const { where, values } = listCondition(db.dialect, reach, threadQuery);
    const from = `from ${db.dialect.table("threads")} where ${where}`;
    const column = threadQuery.orderBy?.field === "updatedAt" ? "updated_at" : "created_at";
    const direction = threadQuery.orderBy?.direction === "ASC" ? "asc" : "desc";
    const limit = window.limit === undefined ? "" : `limit ${window.limit} offset ${window.offset}`;
    const { rows } = yield {
      text: `select ${COLUMNS} ${from} order by ${column} ${direction}, thread_key ${direction} ${limit}`,
      values,
      cold: true,
    };
    if (window.limit === undefined) return toPage(rows.map(toThread), rows.length, window);
    const [count] = (yield { text: `select count(*) as total ${from}`, values, cold: true }).rows;
    return toPage(rows.map(toThread), count ? number(count, "total") : 0, window);
  }

  return (reach) => ({
    async create(thread) {
      assertId(thread.id, "thread's id");
      const owner = ownerOf(reach, thread.resourceId);
      return await db.write(() => create(reach, thread, owner));
    },
    async get(id) {
      const [row] = (await db.read(() => one(forReach(sql.get, reach, [reach.tenant, id])))).rows;
      return row && toThread(row);
    },
    async belongsToOther(id) {
      const { tenant, resourceId } = reach;
      if (resourceId === undefined) return false;
      return await db.read(function* (): Work<boolean> {
        const own = yield { text: sql.get.own, values: [tenant, id, resourceId] };
        return own.rows.length === 0 && (yield { text: sql.other, values: [tenant, id, resourceId] }).rows.length > 0;
      });
    },
    update: (id, patch, ifVersion) => db.write(() => update(reach, id, patch, ifVersion)),
    list: (threadQuery = {}) => db.read(() => list(reach, threadQuery)),
    delete: (id) => db.write(() => remove(reach, id)),
    async transfer(id, resourceId) {
      assertId(resourceId, "resource's id");
      return await db.write(() => transfer(reach, id, resourceId));
    },
  });
}

function listCondition(dialect: Dialect, reach: Reach, { resourceId, metadata }: ThreadQuery): { where: string; values: SqlValue[] } {
  const values: SqlValue[] = [reach.tenant];
  const conditions = ["tenant = $1"];
  for (const id of [reach.resourceId, resourceId]) if (id !== undefined) conditions.push(`resource_id = $${values.push(id)}`);
  for (const [key, value] of filterEntries(metadata)) conditions.push(dialect.jsonEquals("metadata", key, value, values));
  return { where: conditions.join(" and "), values };
}

function toThread(row: Row): Thread {
  const title = optionalText(row, "title");
  // Written by `metadataText`.
  const metadata = json(row, "metadata") as Metadata | undefined;
  return {
    id: text(row, "id"),
    resourceId: text(row, "resource_id"),
    ...(title !== undefined && { title }),
    ...(metadata !== undefined && { metadata }),
    createdAt: number(row, "created_at"),
    updatedAt: number(row, "updated_at"),
    version: number(row, "version"),
  };
}
