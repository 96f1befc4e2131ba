/** The numbers this server is to reach, and whether it does. */
import type { ServerName } from "./child.ts";
import { failed, type CaseResult, type Failure, type StartResult } from "./measure.ts";
import type { Installed } from "./install.ts";

export interface Results {
  /** By case, then by server. */
  cases: Record<string, Record<string, CaseResult | Failure>>;
  starts: Record<string, StartResult | Failure>;
  sizes: Record<string, Installed | Failure>;
}

export interface Check {
  target: string;
  /** Absent when one of the numbers is missing. */
  measured?: string;
  reached?: boolean;
}

/** CPU time per request over the floor's, at most. */
const OVER_FLOOR: Readonly<Record<string, number>> = {
  list: 3,
  generate: 2.5,
  "generate-tool": 2.5,
  stream: 1.2,
  "stream-tool": 2.5,
  "tool-execute": 3,
};
/** The official server's CPU time per request over ours, at least. */
const UNDER_OFFICIAL: Readonly<Record<string, number>> = { generate: 12, "generate-tool": 12, stream: 12, "stream-tool": 12 };
/** What remembering costs, in CPU milliseconds above the same request without memory, at most. */
const MEMORY_OVER_PLAIN_MS = 1.2;
/** CPU time per request over that of the same agent's native route, at most. */
const OVER_NATIVE = 1.3;
const NATIVE: Readonly<Record<string, string>> = {
  chat: "generate",
  responses: "generate",
  "responses-store": "generate-memory",
  "chat-stream": "stream",
  "responses-stream": "stream",
};
const START_OVER_HONO_MS = 250;
const IDLE_OVER_HONO_MB = 30;
const INSTALLED_MB = 15;
const INSTALLED_PACKAGES = 25;

export const toMb = (bytes: number): number => bytes / 1e6;

/** One line per target whose measure was part of this run. */
export function checkTargets(results: Results): Check[] {
  const checks: Check[] = [];
  for (const [id, byServer] of Object.entries(results.cases)) {
    const overFloor = OVER_FLOOR[id];
    const underOfficial = UNDER_OFFICIAL[id];
    if (overFloor !== undefined)
      checks.push(atMost(`${id}: CPU at most ${overFloor}x the floor`, cpuRatio(byServer, "fermata", "floor"), overFloor, times));
    if (underOfficial !== undefined)
      checks.push(
        atLeast(
          `${id}: CPU at least ${underOfficial}x less than the official server`,
          cpuRatio(byServer, "official", "fermata"),
          underOfficial,
          times,
        ),
      );
  }
  const [kept, plain] = ["generate-memory", "generate"].map((id) => ok(results.cases[id]?.["fermata"]));
  if (results.cases["generate-memory"] && results.cases["generate"])
    checks.push(
      atMost(
        `generate with memory: CPU at most ${MEMORY_OVER_PLAIN_MS} ms above generate`,
        kept && plain && kept.cpuMs - plain.cpuMs,
        MEMORY_OVER_PLAIN_MS,
        (ms) => `${ms < 0 ? "" : "+"}${ms.toFixed(3)} ms`,
      ),
    );
  for (const [id, native] of Object.entries(NATIVE)) {
    const [openai, own] = [id, native].map((name) => ok(results.cases[name]?.["fermata"]));
    if (results.cases[id] && results.cases[native])
      checks.push(atMost(`${id}: CPU at most ${OVER_NATIVE}x ${native}`, openai && own && openai.cpuMs / own.cpuMs, OVER_NATIVE, times));
  }
  if (Object.keys(results.starts).length > 0) {
    const ours = ok(results.starts["fermata"]);
    const hono = ok(results.starts["hono"]);
    const more = ours && hono && { ms: ours.startMs - hono.startMs, mb: toMb(ours.idleRssBytes - hono.idleRssBytes) };
    checks.push(atMost(`start within ${START_OVER_HONO_MS} ms of bare Hono`, more?.ms, START_OVER_HONO_MS, (ms) => `${signed(ms)} ms`));
    checks.push(atMost(`idle memory within ${IDLE_OVER_HONO_MB} MB of bare Hono`, more?.mb, IDLE_OVER_HONO_MB, (mb) => `${signed(mb)} MB`));
  }
  if (Object.keys(results.sizes).length > 0) {
    const ours = ok(results.sizes["fermata"]);
    checks.push(atMost(`installed size under ${INSTALLED_MB} MB`, ours && toMb(ours.bytes), INSTALLED_MB, (mb) => `${mb.toFixed(1)} MB`));
    checks.push(atMost(`under ${INSTALLED_PACKAGES} installed packages`, ours?.packages, INSTALLED_PACKAGES - 1, String));
  }
  return checks;
}

export function cpuRatio(byServer: Record<string, CaseResult | Failure>, above: ServerName, below: ServerName): number | undefined {
  const [one, other] = [ok(byServer[above]), ok(byServer[below])];
  return one && other && one.cpuMs / other.cpuMs;
}

export function ok<T extends object>(value: T | Failure | undefined): T | undefined {
  return value === undefined || failed(value) ? undefined : value;
}

export const times = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 2 : 1)}x`;
const signed = (value: number): string => `${value < 0 ? "" : "+"}${value.toFixed(0)}`;

export function atMost(target: string, value: number | undefined, limit: number, show: (value: number) => string): Check {
  return value === undefined ? { target } : { target, measured: show(value), reached: value <= limit };
}

function atLeast(target: string, value: number | undefined, limit: number, show: (value: number) => string): Check {
  return value === undefined ? { target } : { target, measured: show(value), reached: value >= limit };
}
