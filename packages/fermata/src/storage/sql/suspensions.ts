import { assertId } from "../ids.ts";
import { ownerOf } from "../reach.ts";
import type { Reach } from "../reach.ts";
import type { Suspension, SuspensionFilter, SuspensionStore, WaitingCall } from "../suspension-store.ts";
import { one } from "./database.ts";
import type { Row, SqlDatabase, SqlValue, Work } from "./database.ts";
import { forReach, owned } from "./owner.ts";
import { json, number, optionalText, text, toJson } from "./row.ts";

const COLUMNS = "run_id, resource_id, agent_id, thread_id, suspended_at, calls, state";

/** The suspended runs of a database, for any reach. */
export function sqlSuspensions(db: SqlDatabase): (reach: Reach) => SuspensionStore {
  const table = db.dialect.table("suspensions");
  const sql = {
    put: `insert into ${table} (tenant, run_id, resource_id, agent_id, thread_id, suspended_at, calls, state) values ($1, $2, $3, $4, $5, $6, $7, $8)
      on conflict (tenant, run_id, resource_id) do update set agent_id = excluded.agent_id, thread_id = excluded.thread_id,
      suspended_at = excluded.suspended_at, calls = excluded.calls, state = excluded.state`,
    // Of several resources with this run (only the whole tenant sees that) the oldest one. Who comes second finds no row to delete.
    claim: owned(
      3,
      `delete from ${table} where tenant = $1 and run_id = $2 and agent_id = $3 and resource_id =
      (select resource_id from ${table} where tenant = $1 and run_id = $2 and agent_id = $3 {owner} order by suspended_at, resource_id limit 1) returning ${COLUMNS}`,
    ),
    ping: "select 1 as ok",
  };

  function* list(
    reach: Reach,
    filter: SuspensionFilter,
    page: number,
    perPage: number,
  ): Work<{ runs: readonly Suspension[]; total: number }> {
    const { where, values } = condition(reach, filter);
    const order = `order by suspended_at desc, run_id desc limit $${values.length + 1} offset $${values.length + 2}`;
    const { rows } = yield {
      text: `select ${COLUMNS} from ${table} where ${where} ${order}`,
      values: [...values, perPage, page * perPage],
      cold: true,
    };
    const [count] = (yield { text: `select count(*) as total from ${table} where ${where}`, values, cold: true }).rows;
    return { runs: rows.map(toSuspension), total: count ? number(count, "total") : 0 };
  }

  return (reach) => ({
    async put(suspension) {
      const { runId, agentId, threadId, suspendedAt, calls, state } = suspension;
      assertId(runId, "run's id");
      const values: SqlValue[] = [
        reach.tenant,
        runId,
        ownerOf(reach, suspension.resourceId),
        agentId,
        threadId ?? null,
        suspendedAt,
        toJson(calls),
        state,
      ];
      await db.writeAlone(() => one({ text: sql.put, values }));
    },
    async claim(agentId, runId) {
      const [row] = (await db.writeAlone(() => one(forReach(sql.claim, reach, [reach.tenant, runId, agentId])))).rows;
      return row && toSuspension(row);
    },
    list: (filter, page, perPage) => db.read(() => list(reach, filter, page, perPage)),
    async ping() {
      await db.read(() => one({ text: sql.ping, values: [] }));
    },
  });
}

function condition(reach: Reach, filter: SuspensionFilter): { where: string; values: SqlValue[] } {
  const values: SqlValue[] = [reach.tenant];
  const conditions = ["tenant = $1"];
  const add = (text: string, value: SqlValue | undefined): void => {
    if (value !== undefined) conditions.push(`${text} $${values.push(value)}`);
  };
  add("run_id =", filter.runId);
  add("agent_id =", filter.agentId);
  add("resource_id =", reach.resourceId);
  add("resource_id =", filter.resourceId);
  add("thread_id =", filter.threadId);
  add("suspended_at >=", filter.from);
  add("suspended_at <=", filter.to);
  return { where: conditions.join(" and "), values };
}

function toSuspension(row: Row): Suspension {
  const threadId = optionalText(row, "thread_id");
  const resourceId = text(row, "resource_id");
  return {
    runId: text(row, "run_id"),
    agentId: text(row, "agent_id"),
    ...(threadId !== undefined && { threadId }),
    ...(resourceId !== "" && { resourceId }),
    suspendedAt: number(row, "suspended_at"),
    // Written by `put`.
    calls: json(row, "calls") as readonly WaitingCall[],
    state: text(row, "state"),
  };
}
