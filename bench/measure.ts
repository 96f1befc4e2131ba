/** What is measured, and how. Everything here returns numbers; report.ts prints them. */
import { setTimeout as sleep } from "node:timers/promises";
import { CASES, requestBytes, type Case } from "./cases.ts";
import { startServer, type LoadGenerator, type ProgramName, type ServerProcess } from "./child.ts";
import { openConnection } from "./http-connection.ts";

export interface Effort {
  rounds: number;
  roundMs: number;
  minReplies: number;
  /** Of each round of the warm-up; there are as many as it takes, up to `warmUpRounds`. */
  warmUpMs: number;
  warmUpReplies: number;
  warmUpRounds: number;
  starts: number;
  idleStarts: number;
}

export const FULL: Effort = {
  rounds: 5,
  roundMs: 2000,
  minReplies: 100,
  warmUpMs: 1500,
  warmUpReplies: 200,
  warmUpRounds: 8,
  starts: 5,
  idleStarts: 3,
};
export const QUICK: Effort = {
  rounds: 3,
  roundMs: 500,
  minReplies: 32,
  warmUpMs: 700,
  warmUpReplies: 64,
  warmUpRounds: 4,
  starts: 3,
  idleStarts: 1,
};

const CONNECTIONS = 16;
const IDLE_AFTER_MS = 2000;

export interface CaseNumbers {
  cpuMs: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** `rounds` are the single rounds, in order; the other numbers are their medians. */
export interface CaseResult extends CaseNumbers {
  replies: number;
  rounds: CaseNumbers[];
}

export interface Failure {
  failed: string;
}

export const failed = (value: object | undefined): value is Failure => value !== undefined && "failed" in value;

/** One case on every server: warm-up, then rounds in turn (A B C A B C …), so that a change of the machine's pace meets all of them. */
export async function measureCase(
  one: Case,
  servers: readonly ServerProcess[],
  generator: LoadGenerator,
  effort: Effort,
): Promise<Record<string, CaseResult | Failure>> {
  const rounds = new Map<string, RoundNumbers[]>();
  const failures = new Map<string, Failure>();
  for (let round = 0; round <= effort.rounds; round++) {
    for (const server of servers) {
      if (failures.has(server.name)) continue;
      try {
        const numbers = await measureRound(one, server, generator, effort, round === 0);
        if (round > 0) rounds.set(server.name, [...(rounds.get(server.name) ?? []), numbers]);
      } catch (error) {
        failures.set(server.name, { failed: error instanceof Error ? error.message : String(error) });
      }
    }
  }
  return Object.fromEntries(servers.map(({ name }) => [name, failures.get(name) ?? summary(rounds.get(name) ?? [])]));
}

type RoundNumbers = CaseNumbers & { replies: number };

/** With `warmUp`, as many rounds as it takes: a server that runs for days is measured as it is after its first minute. */
export async function measureRound(one: Case, server: ServerProcess, generator: LoadGenerator, effort: Effort, warmUp: boolean) {
  if (!warmUp) return runRound(one, server, generator, { durationMs: effort.roundMs, minReplies: effort.minReplies, inspect: false });
  const length = { durationMs: effort.warmUpMs, minReplies: effort.warmUpReplies };
  let best = await runRound(one, server, generator, { ...length, inspect: true });
  // Code is compiled, and compiled again, as it is used. Two rounds that bring nothing more are the end of it.
  for (let round = 1, idle = 0; round < effort.warmUpRounds && idle < 2; round++) {
    const next = await runRound(one, server, generator, { ...length, inspect: false });
    idle = next.cpuMs < best.cpuMs * 0.97 ? 0 : idle + 1;
    if (next.cpuMs < best.cpuMs) best = next;
  }
  return best;
}

async function runRound(
  one: Case,
  server: ServerProcess,
  generator: LoadGenerator,
  length: { durationMs: number; minReplies: number; inspect: boolean },
): Promise<RoundNumbers> {
  const before = await server.usage();
  const result = await generator.run({ port: server.port, caseId: one.id, connections: CONNECTIONS, ...length });
  const after = await server.usage();
  if (result.errors > 0) throw new Error(`${result.errors} of ${result.replies + result.errors} replies were wrong: ${result.firstError}`);
  return {
    cpuMs: (after.cpuMs - before.cpuMs) / result.replies,
    perSecond: (result.replies / result.elapsedMs) * 1000,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    replies: result.replies,
  };
}

function summary(rounds: readonly RoundNumbers[]): CaseResult {
  const of = (key: keyof CaseNumbers) => median(rounds.map((round) => round[key]));
  return {
    cpuMs: of("cpuMs"),
    perSecond: of("perSecond"),
    p50Ms: of("p50Ms"),
    p99Ms: of("p99Ms"),
    replies: rounds.reduce((sum, { replies }) => sum + replies, 0),
    rounds: rounds.map(({ replies: _, ...numbers }) => numbers),
  };
}

export interface StartResult {
  /** From spawn to the whole body of the first `GET /api/agents` with status 200; median. */
  startMs: number;
  /** Resident memory 2 s after that; median. */
  idleRssBytes: number;
  starts: number[];
}

export async function measureStarts(names: readonly ProgramName[], effort: Effort): Promise<Record<string, StartResult | Failure>> {
  const starts = new Map<ProgramName, number[]>();
  const memory = new Map<ProgramName, number[]>();
  const failures = new Map<ProgramName, Failure>();
  // The first start fills the disk cache and is not counted.
  for (let round = 0; round <= effort.starts; round++) {
    for (const name of names) {
      if (failures.has(name)) continue;
      try {
        const { startMs, idleRssBytes } = await startOnce(name, round > 0 && round <= effort.idleStarts);
        if (round > 0) starts.set(name, [...(starts.get(name) ?? []), startMs]);
        if (idleRssBytes !== undefined) memory.set(name, [...(memory.get(name) ?? []), idleRssBytes]);
      } catch (error) {
        failures.set(name, { failed: error instanceof Error ? error.message : String(error) });
      }
    }
  }
  return Object.fromEntries(
    names.map((name) => [
      name,
      failures.get(name) ?? {
        startMs: median(starts.get(name) ?? []),
        idleRssBytes: median(memory.get(name) ?? []),
        starts: starts.get(name) ?? [],
      },
    ]),
  );
}

async function startOnce(name: ProgramName, idle: boolean): Promise<{ startMs: number; idleRssBytes?: number }> {
  const list = CASES.find(({ id }) => id === "list");
  if (!list) throw new Error('No case "list"');
  const spawned = performance.now();
  const server = await startServer(name);
  const connection = openConnection(server.port);
  try {
    const { status } = await connection.request(requestBytes(list));
    const startMs = performance.now() - spawned;
    if (status !== 200) throw new Error(`the first reply had status ${status}`);
    if (!idle) return { startMs };
    await sleep(IDLE_AFTER_MS);
    return { startMs, idleRssBytes: (await server.usage()).rssBytes };
  } finally {
    connection.close();
    await server.stop();
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}
