import { FermataError } from "../../errors.ts";
import { assertId } from "../ids.ts";
import { newRunRecord } from "../new-run.ts";
import { metadataText } from "../metadata.ts";
import type { Metadata } from "../metadata.ts";
import { pageOf, toWindow } from "../page.ts";
import { ownerOf } from "../reach.ts";
import type { Reach } from "../reach.ts";
import type { ClaimedRun, ClaimFilter, Lease, NewRun, RunQuery, RunRecord, RunStore, RunWorkStore } from "../runs.ts";
import { toJsonText } from "../../schema/json-text.ts";
import { addEvents, fromText, isEnd } from "./run-table.ts";
import type { RunRow, RunTable } from "./run-table.ts";

const DEFAULT_PER_PAGE = 100;
const DEFAULT_EVENTS = 1_000;

/** Runs held in the process, for any reach. */
export function memoryRuns(table: RunTable): (reach: Reach) => RunStore {
  return (reach) => ({
    async create(run) {
      assertId(run.id, "run's id");
      const owner = ownerOf(reach, run.resourceId);
      const same = table.withId(reach.tenant, run.id);
      const own = same.find((row) => row.run.resourceId === owner);
      if (reach.resourceId === undefined && same.some((row) => row !== own)) {
        throw new FermataError("CONFLICT", `Run ${run.id} belongs to a different resource.`);
      }
      const isOurs = own !== undefined && run.workerId !== undefined && own.owner === run.workerId && own.epoch === 1;
      if (own) return { run: own.run, created: isOurs, ...(isOurs && { lease: toLease(own) }) };
      const row = table.add(newRow(reach.tenant, owner, run));
      return { run: row.run, created: true, ...(run.workerId !== undefined && { lease: toLease(row) }) };
    },
    async record(run, { status, output, error, events }) {
      const { created, run: record } = await this.create({ ...run, workerId: "" });
      const row = created ? table.find({ ...reach, resourceId: record.resourceId }, record.id) : undefined;
      if (!row) return false;
      const ended = { output: fromText(toJsonText(output)), error: fromText(toJsonText(error)) };
      row.run = {
        ...row.run,
        status,
        ...(output !== undefined && { output: ended.output }),
        ...(error !== undefined && { error: ended.error }),
        ...(isEnd(status) && { finishedAt: row.run.updatedAt }),
      };
      delete row.owner;
      addEvents(row, events);
      return true;
    },
    async get(id) {
      return table.find(reach, id)?.run;
    },
    async list(query = {}) {
      const window = toWindow(query, DEFAULT_PER_PAGE);
      const found = [...table.rows.values()].filter(({ tenant, run }) => tenant === reach.tenant && matches(run, reach, query));
      found.sort((a, b) => b.run.createdAt - a.run.createdAt || b.key - a.key);
      return pageOf(
        found.map(({ run }) => run),
        window,
      );
    },
    async events(id, afterSeq = 0, limit = DEFAULT_EVENTS) {
      const events = [...(table.find(reach, id)?.events ?? [])].filter(([seq]) => seq > afterSeq).sort(([a], [b]) => a - b);
      return events.slice(0, limit).map(([seq, { type, data, at }]) => ({ seq, type, data: fromText(data), at }));
    },
    async signal(id, name, payload) {
      const row = table.find(reach, id);
      if (!row || isEnd(row.run.status)) return "gone";
      const key = `signal:${name}`;
      if (row.journal.has(key)) return "duplicate";
      row.journal.set(key, toJsonText(payload));
      row.signals += 1;
      if (row.run.status !== "running") makeReady(row);
      return "accepted";
    },
    async cancel(id) {
      const row = table.find(reach, id);
      if (!row || isEnd(row.run.status)) return false;
      row.cancelRequested = true;
      if (row.run.status !== "running") makeReady(row);
      return true;
    },
    async take(id, workerId) {
      const row = table.find(reach, id);
      return row?.run.status === "suspended" ? claimRow(row, workerId) : undefined;
    },
    async remove(id) {
      const row = table.find(reach, id);
      return row !== undefined && row.run.status !== "running" && table.rows.delete(row.key);
    },
    async reopen(id, edit) {
      const row = table.find(reach, id);
      if (!row) return "gone";
      if (row.run.status === "running" || row.run.status === "ready") return "running";
      const after = edit(new Map([...row.journal].map(([key, value]) => [key, fromText(value)])));
      row.journal.clear();
      for (const [key, value] of after) row.journal.set(key, toJsonText(value));
      row.cancelRequested = false;
      const { output: _output, error: _error, finishedAt: _finishedAt, ...run } = row.run;
      row.run = run;
      makeReady(row);
      return "reopened";
    },
  });
}

/** The work on runs held in the process. */
export function memoryRunWork(table: RunTable): RunWorkStore {
  const held = ({ key, epoch }: Lease): RunRow | undefined => {
    const row = table.rows.get(key);
    return row?.epoch === epoch && row.run.status === "running" ? row : undefined;
  };
  return {
    async heartbeat(workerId, ttlMs) {
      table.workers.set(workerId, Date.now() + ttlMs);
    },
    async claim(workerId, max, filter = {}) {
      const now = Date.now();
      const ready = [...table.rows.values()].filter((row) => row.run.status === "ready" && row.wakeAt <= now && mayClaim(row, filter, now));
      const due = ready.sort((a, b) => a.wakeAt - b.wakeAt).slice(0, max);
      return due.map((row) => claimRow(row, workerId));
    },
    async append(entries) {
      return entries.map(({ lease, results = [], events }) => {
        const row = held(lease);
        if (!row) return false;
        for (const { key, value } of results) if (!row.journal.has(key)) row.journal.set(key, toJsonText(value));
        addEvents(row, events);
        return true;
      });
    },
    async settle(lease, { status, output, error, wakeAt, signals = 0, results = [], events }) {
      const row = held(lease);
      if (!row) {
        const known = table.rows.get(lease.key);
        return known?.epoch === lease.epoch && known.run.status === status;
      }
      const now = Date.now();
      const isAsked = row.signals > signals || row.cancelRequested;
      const next = status === "suspended" && isAsked ? "ready" : status;
      const { output: _output, error: _error, ...rest } = row.run;
      row.run = {
        ...rest,
        status: next,
        ...(output !== undefined && { output: fromText(toJsonText(output)) }),
        ...(error !== undefined && { error: fromText(toJsonText(error)) }),
        updatedAt: now,
        ...(isEnd(next) && { finishedAt: now }),
      };
      row.wakeAt = isAsked ? now : (wakeAt ?? now);
      row.lost = 0;
      delete row.owner;
      for (const { key, value } of results) if (!row.journal.has(key)) row.journal.set(key, toJsonText(value));
      addEvents(row, events);
      return true;
    },
    async reap() {
      const now = Date.now();
      const lost = [...table.rows.values()].filter(
        ({ run, owner = "" }) => run.status === "running" && (table.workers.get(owner) ?? -1) < now,
      );
      for (const row of lost) {
        makeReady(row);
        row.lost += 1;
      }
      for (const [id, until] of table.workers) if (until < now) table.workers.delete(id);
      return lost.length;
    },
    async disown(workerId, known) {
      const keys = new Set(known.map(({ key }) => key));
      const lost = [...table.rows.values()].filter(
        ({ key, run, owner }) => run.status === "running" && owner === workerId && !keys.has(key),
      );
      for (const row of lost) {
        makeReady(row);
        row.lost += 1;
      }
      return lost.length;
    },
    async cancelled(workerId) {
      const rows = [...table.rows.values()];
      return rows
        .filter(({ run, owner, cancelRequested }) => run.status === "running" && owner === workerId && cancelRequested)
        .map(toLease);
    },
    async prune(before, limit) {
      const old = [...table.rows.values()].filter(({ run }) => run.finishedAt !== undefined && run.finishedAt < before).slice(0, limit);
      for (const { key } of old) table.rows.delete(key);
      return old.length;
    },
  };
}

function claimRow(row: RunRow, workerId: string): ClaimedRun {
  row.owner = workerId;
  row.epoch += 1;
  row.run = { ...row.run, status: "running", updatedAt: Date.now() };
  const journal = new Map([...row.journal].map(([key, value]) => [key, fromText(value)]));
  const lastSeq = [...row.events.keys()].reduce((last, seq) => Math.max(last, seq), 0);
  const { run, signals, cancelRequested, lost } = row;
  return { lease: toLease(row), run, journal, lastSeq, signals, cancelRequested, lost };
}

function newRow(tenant: string, resourceId: string, given: NewRun): Omit<RunRow, "key" | "journal" | "events"> {
  const now = Date.now();
  const { input, metadata, wakeAt = now, workerId } = given;
  const data = {
    input: input === undefined ? undefined : fromText(toJsonText(input)),
    metadata: metadata && (JSON.parse(metadataText(metadata)) as Metadata), // the same members
  };
  const run = newRunRecord({ ...given, ...data }, resourceId, now);
  const started = workerId === undefined ? { epoch: 0 } : { epoch: 1, owner: workerId };
  return { tenant, run, ...started, signals: 0, cancelRequested: false, lost: 0, wakeAt };
}

function mayClaim({ run: { kind, graphHash }, wakeAt }: RunRow, { kinds, graphs, strangerMs = 0 }: ClaimFilter, now: number): boolean {
  if (kinds && !kinds.includes(kind)) return false;
  return !graphs || graphHash === undefined || graphs.includes(graphHash) || wakeAt <= now - strangerMs;
}

function makeReady(row: RunRow): void {
  row.run = { ...row.run, status: "ready", updatedAt: Date.now() };
  row.wakeAt = Date.now();
  delete row.owner;
}

function matches(
  run: RunRecord,
  reach: Reach,
  { kind, name, status, resourceId, threadId, from = -Infinity, to = Infinity }: RunQuery,
): boolean {
  return (
    [reach.resourceId, resourceId].every((id) => id === undefined || run.resourceId === id) &&
    (kind === undefined || run.kind === kind) &&
    (name === undefined || run.name === name) &&
    (status === undefined || run.status === status) &&
    (threadId === undefined || run.threadId === threadId) &&
    run.createdAt >= from &&
    run.createdAt <= to
  );
}

function toLease({ key, tenant, run, owner = "", epoch }: RunRow): Lease {
  return { key, runId: run.id, tenant, resourceId: run.resourceId, workerId: owner, epoch };
}
