/** What each adapter costs above its framework alone, beside what the Hono adapter costs above Hono. */
import { CASES } from "./cases.ts";
import { startServer, type LoadGenerator, type ServerProcess } from "./child.ts";
import { measureDisconnects, type DisconnectResult } from "./disconnect.ts";
import { measureRound, type Effort } from "./measure.ts";
import { table } from "./report.ts";
import { atMost, type Check } from "./targets.ts";

const FRAMEWORKS = ["hono", "express", "fastify", "koa", "node"] as const;
const SIDES = ["bare", "fermata"] as const;
type Framework = (typeof FRAMEWORKS)[number];
type Side = (typeof SIDES)[number];

type Overheads = Readonly<Record<Framework, Readonly<Record<Side, number>>>>;

export interface AdapterResults {
  /** CPU milliseconds per request, by case, then by framework. */
  readonly cases: Readonly<Record<string, Overheads>>;
  /** From a reader who leaves to the model's signal. */
  readonly disconnects: Readonly<Record<Framework, DisconnectResult>>;
}

/** Milliseconds within which a model hears that its reader has gone. */
const DISCONNECT_MS = 100;

/** An adapter's overhead over its bare framework, as a multiple of the Hono adapter's over bare Hono. */
const OVER_HONO = 1.15;
const MEASURED = CASES.filter(({ id }) => id === "generate" || id === "stream");

export async function measureAdapters(generator: LoadGenerator, given: Effort): Promise<AdapterResults> {
  // Differences of small numbers: many short rounds, and of each program the best, which the machine's other work has disturbed least.
  const effort = { ...given, rounds: given.rounds * 4, roundMs: given.roundMs / 4 };
  const running: { framework: Framework; side: Side; server: ServerProcess; rounds: number[] }[] = [];
  try {
    for (const framework of FRAMEWORKS) {
      for (const side of SIDES) {
        const server = await startServer("adapters", { BENCH_FRAMEWORK: framework, BENCH_SIDE: side });
        running.push({ framework, side, server, rounds: [] });
      }
    }
    const disconnects: Partial<Record<Framework, DisconnectResult>> = {};
    for (const { framework, side, server } of running) if (side === "fermata") disconnects[framework] = await measureDisconnects(server);
    const results: Record<string, Overheads> = {};
    for (const one of MEASURED) {
      for (const program of running) program.rounds = [];
      for (let round = 0; round <= effort.rounds; round++) {
        for (const { server, rounds } of running) {
          const { cpuMs } = await measureRound(one, server, generator, effort, round === 0);
          if (round > 0) rounds.push(cpuMs);
        }
      }
      const of = (framework: Framework, side: Side): number =>
        Math.min(...(running.find((program) => program.framework === framework && program.side === side)?.rounds ?? []));
      results[one.id] = Object.fromEntries(
        FRAMEWORKS.map((framework) => [framework, { bare: of(framework, "bare"), fermata: of(framework, "fermata") }]),
      ) as Overheads; // one for each of FRAMEWORKS
    }
    return { cases: results, disconnects: disconnects as AdapterResults["disconnects"] }; // the same
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
}

export function adapterTable({ cases, disconnects }: AdapterResults): string {
  const rows = Object.entries(cases).flatMap(([id, byFramework]) =>
    FRAMEWORKS.map((framework) => {
      const { bare, fermata } = byFramework[framework];
      return [
        `${id} on ${framework}`,
        bare.toFixed(3),
        fermata.toFixed(3),
        (fermata - bare).toFixed(3),
        `${overHono(byFramework, framework).toFixed(2)}x`,
      ];
    }),
  );
  const waits = FRAMEWORKS.map((framework) => {
    const { medianMs, maxMs } = disconnects[framework];
    return [framework, medianMs.toFixed(1), maxMs.toFixed(1)];
  });
  return [
    table([["CPU ms per request", "bare", "with the adapter", "overhead", "beside Hono's"], ...rows]),
    table([["from a reader who leaves to the model's signal, ms", "median", "longest of 50"], ...waits]),
  ].join("\n\n");
}

function overHono(byFramework: Overheads, framework: Framework): number {
  const overhead = (of: Framework): number => byFramework[of].fermata - byFramework[of].bare;
  return overhead(framework) / overhead("hono");
}

export function adapterChecks({ cases, disconnects }: AdapterResults): Check[] {
  const overheads = Object.entries(cases).flatMap(([id, byFramework]) =>
    FRAMEWORKS.filter((framework) => framework !== "hono").map((framework) =>
      atMost(
        `${id} on ${framework}: overhead at most ${OVER_HONO}x Hono's`,
        overHono(byFramework, framework),
        OVER_HONO,
        (ratio) => `${ratio.toFixed(2)}x`,
      ),
    ),
  );
  const waits = FRAMEWORKS.map((framework) =>
    atMost(
      `a reader who leaves is heard of within ${DISCONNECT_MS} ms on ${framework}`,
      disconnects[framework].maxMs,
      DISCONNECT_MS,
      (ms) => `${ms.toFixed(1)} ms`,
    ),
  );
  return [...overheads, ...waits];
}
