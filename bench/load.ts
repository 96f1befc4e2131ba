/** The load generator. Runs in its own process; takes one job at a time over IPC. */
import { setTimeout as sleep } from "node:timers/promises";
import { CASES, requestBytes, type Case } from "./cases.ts";
import { FLOW_CASES } from "./flow-cases.ts";
import { GUARD_CASES } from "./guard-cases.ts";
import { STORE_CASES } from "./store-cases.ts";
import { openConnection, type HttpConnection } from "./http-connection.ts";

export interface Job {
  port: number;
  caseId: string;
  connections: number;
  /** How long new requests are started; the last ones are waited for. */
  durationMs: number;
  /** The job goes on until this many replies have come, whatever the time. */
  minReplies: number;
  /**
   * A connection asks so often, instead of when it has its reply. A reply that keeps it waiting makes the next ones late,
   * and their time counts from when they were due: whoever stands in a queue has waited, too.
   */
  everyMs?: number;
  /** Parse one reply first and check all of it. Done in warm-ups, so that it is not measured. */
  inspect: boolean;
}

export interface LoadResult {
  replies: number;
  /** Replies that failed their check, and requests without a reply. Never counted as replies. */
  errors: number;
  firstError?: string;
  elapsedMs: number;
  p50Ms: number;
  p99Ms: number;
}

const MAX_ERRORS = 20;

async function load(job: Job): Promise<LoadResult> {
  const found = [...CASES, ...STORE_CASES, ...FLOW_CASES, ...GUARD_CASES].find(({ id }) => id === job.caseId);
  if (!found) throw new Error(`No case "${job.caseId}"`);
  const problem = job.inspect ? await inspectOne(job.port, found) : undefined;
  if (problem) return { replies: 0, errors: 1, firstError: problem, elapsedMs: 0, p50Ms: 0, p99Ms: 0 };

  const bytes = requestBytes(found);
  const latencies: number[] = [];
  let errors = 0;
  let firstError: string | undefined;
  const started = performance.now();
  const goesOn = () => errors < MAX_ERRORS && (performance.now() - started < job.durationMs || latencies.length < job.minReplies);
  const failed = (message: string) => {
    errors++;
    firstError ??= message;
  };
  const worker = async () => {
    let connection: HttpConnection | undefined;
    let due = started + Math.random() * (job.everyMs ?? 0);
    while (goesOn()) {
      connection ??= openConnection(job.port);
      const sent = await turn(job.everyMs === undefined ? undefined : (due += job.everyMs));
      try {
        const reply = await connection.request(bytes);
        const wrong = found.check(reply);
        if (wrong) failed(wrong);
        else latencies.push(performance.now() - sent);
      } catch (error) {
        failed(String(error));
        connection.close();
        connection = undefined;
      }
    }
    connection?.close();
  };
  await Promise.all(Array.from({ length: job.connections }, worker));
  const elapsedMs = performance.now() - started;
  latencies.sort((a, b) => a - b);
  return {
    replies: latencies.length,
    errors,
    ...(firstError !== undefined && { firstError }),
    elapsedMs,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

/** Waits for the time at which a request is due, and gives the time from which it waits. */
async function turn(due: number | undefined): Promise<number> {
  const now = performance.now();
  if (due === undefined) return now;
  if (now >= due) return due;
  await sleep(due - now);
  return performance.now(); // a timer that was late is not the server's
}

async function inspectOne(port: number, one: Case): Promise<string | undefined> {
  const connection = openConnection(port);
  try {
    return one.inspect(await connection.request(requestBytes(one)));
  } catch (error) {
    return String(error);
  } finally {
    connection.close();
  }
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}

process.on("message", (job: Job) => void load(job).then((result) => process.send?.(result)));
process.on("disconnect", () => process.exit());
