/** What it costs a request that its token is checked, its caller's requests are counted and a line is logged. */
import { startServer, type LoadGenerator } from "./child.ts";
import { GUARD_CASES } from "./guard-cases.ts";
import { measureRound, type Effort } from "./measure.ts";
import { table } from "./report.ts";
import { atMost, type Check } from "./targets.ts";

const SIDES = ["none", "token", "limit", "log", "token,limit,log"] as const;

/** CPU milliseconds per request. */
export type GuardResults = Readonly<Record<(typeof SIDES)[number], number>>;

/** For all of them together. */
const MAX_MS = 0.08;

export async function measureGuards(generator: LoadGenerator, given: Effort): Promise<GuardResults> {
  const [one] = GUARD_CASES;
  if (!one) throw new Error("There is no case to measure.");
  // A difference of small numbers: many short rounds, and of each side the best, which the machine's other work has disturbed least.
  const effort = { ...given, rounds: given.rounds * 4, roundMs: given.roundMs / 4 };
  const running = await Promise.all(
    SIDES.map(async (side) => ({ side, server: await startServer("guards", { BENCH_GUARDS: side }), best: Infinity })),
  );
  try {
    for (let round = 0; round <= effort.rounds; round++) {
      for (const program of running) {
        const { cpuMs } = await measureRound(one, program.server, generator, effort, round === 0);
        if (round > 0) program.best = Math.min(program.best, cpuMs);
      }
    }
    return Object.fromEntries(running.map(({ side, best }) => [side, best])) as GuardResults; // one for each of SIDES
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
}

export function guardTable(results: GuardResults): string {
  const { none } = results;
  const rows = SIDES.map((side) => [side.replaceAll(",", ", "), results[side].toFixed(3), (results[side] - none).toFixed(3)]);
  return table([["guards", "CPU ms per generate", "above none"], ...rows]);
}

export function guardChecks(results: GuardResults): Check[] {
  const together = results["token,limit,log"] - results.none;
  return [atMost(`token, limit and log: CPU at most ${MAX_MS} ms together`, together, MAX_MS, (ms) => `${ms.toFixed(3)} ms`)];
}
