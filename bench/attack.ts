/** What those who behave notice of those who do not: the latency of their requests while the server is attacked, beside that of a quiet time. */
import { setTimeout as sleep } from "node:timers/promises";
import { ATTACKS, type Attack, type AttackReport } from "./attackers.ts";
import { startAttackers, startServer, type LoadGenerator, type ServerProcess } from "./child.ts";
import type { Effort } from "./measure.ts";
import { table } from "./report.ts";
import { atMost, times, type Check } from "./targets.ts";

interface Noticed {
  /** The best of the rounds, which the machine's other work has disturbed least. */
  readonly quietP99Ms: number;
  readonly p99Ms: number;
  readonly ratio: number;
  readonly rounds: readonly { readonly quietP99Ms: number; readonly p99Ms: number }[];
  /** Of the last round. */
  readonly attackers: AttackReport;
}

export type AttackResults = Readonly<Record<Attack, Noticed>>;

const MAX_RATIO = 2;
/** The system gives a process no more than some; the server needs a few for itself. */
const CONNECTIONS = Math.min(10_000, openFilesLimit() - 500);
/** Callers who behave, and how often each of them asks: a fifth of what the server can do. */
const CALLERS = 4;
const EVERY_MS = 10;
const ROUND_MS = 5_000;
/** Until those who wait for the server to lose its patience have seen it do so. */
const PATIENCE_MS = 25_000;
const LASTING: ReadonlySet<Attack> = new Set(["slow heads", "idle connections"]);

export async function measureAttacks(generator: LoadGenerator, effort: Effort): Promise<AttackResults> {
  const results: Partial<Record<Attack, Noticed>> = {};
  for (const attack of ATTACKS) {
    const server = await startServer("attack");
    try {
      results[attack] = await measureAttack(attack, server, generator, effort);
    } finally {
      await server.stop();
    }
  }
  return results as AttackResults; // one for each of ATTACKS
}

/** Quiet and attacked rounds in turn, so that a change of the machine's pace meets both. */
async function measureAttack(attack: Attack, server: ServerProcess, generator: LoadGenerator, effort: Effort): Promise<Noticed> {
  const rounds: { quietP99Ms: number; p99Ms: number }[] = [];
  let attackers: AttackReport = { made: 0, ended: 0, statuses: {} };
  await p99(server, generator, effort.warmUpMs, true);
  for (let round = 0; round < Math.ceil(effort.rounds / 3); round++) {
    const quietP99Ms = await p99(server, generator, ROUND_MS);
    const crowd = startAttackers();
    try {
      await crowd.begin(attack, server.port, CONNECTIONS);
      rounds.push({ quietP99Ms, p99Ms: await p99(server, generator, LASTING.has(attack) ? PATIENCE_MS : ROUND_MS) });
      attackers = await crowd.end();
    } finally {
      await crowd.stop();
    }
    await sleep(1_000); // the server lets go of them
  }
  const best = (key: "quietP99Ms" | "p99Ms") => Math.min(...rounds.map((one) => one[key]));
  const [quietP99Ms, p99Ms] = [best("quietP99Ms"), best("p99Ms")];
  return { quietP99Ms, p99Ms, ratio: p99Ms / quietP99Ms, rounds, attackers };
}

async function p99(server: ServerProcess, generator: LoadGenerator, durationMs: number, inspect = false): Promise<number> {
  const result = await generator.run({
    port: server.port,
    caseId: "generate",
    connections: CALLERS,
    durationMs,
    minReplies: 100,
    everyMs: EVERY_MS,
    inspect,
  });
  if (result.errors > 0) throw new Error(`${result.errors} of ${result.replies + result.errors} replies were wrong: ${result.firstError}`);
  return result.p99Ms;
}

/** How many connections a process may have here, at most. */
function openFilesLimit(): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } };
  const soft = Number(userLimits?.open_files?.soft);
  return Number.isNaN(soft) ? Infinity : soft;
}

export function attackTable(results: AttackResults): string {
  const rows = ATTACKS.map((attack) => {
    const { quietP99Ms, p99Ms, ratio, attackers } = results[attack];
    const statuses = Object.entries(attackers.statuses).map(([status, count]) => `${count} x ${status}`);
    return [attack, quietP99Ms.toFixed(2), p99Ms.toFixed(2), times(ratio), String(attackers.made), statuses.join(", ")];
  });
  return table([["attack", "quiet p99 ms", "p99 ms meanwhile", "ratio", "connections", "their replies"], ...rows]);
}

export function attackChecks(results: AttackResults): Check[] {
  return ATTACKS.map((attack) =>
    atMost(`under ${attack}: p99 at most ${MAX_RATIO}x the quiet one`, results[attack].ratio, MAX_RATIO, times),
  );
}
