/** What a workflow costs, and what a thousand streams do that say little for a long time. */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { startServer, type LoadGenerator, type ServerProcess } from "./child.ts";
import { FLOW_CASES } from "./flow-cases.ts";
import { measureRound, median, type CaseNumbers, type Effort } from "./measure.ts";
import { table } from "./report.ts";
import { atMost, type Check } from "./targets.ts";

export interface SlowStreams {
  readonly streams: number;
  /** Held after the garbage collector has been through, and resident before that. */
  readonly bytesPerStream: number;
  readonly residentPerStream: number;
  /** From the moment at which a token was said to the moment at which the client had it. */
  readonly delayP99Ms: number;
}

export interface FlowResults {
  readonly cases: Readonly<Record<string, CaseNumbers>>;
  readonly slow: SlowStreams;
}

/** CPU milliseconds per run, at most. */
const LIMITS: Readonly<Record<string, number>> = { "flow-5": 0.4, "flow-5-memory": 0.15 };
const STREAM_KB = 40;
const STREAMS = 1_000;
const OPEN_MS = 4_000;
const MEASURED_MS = 6_000;

export async function measureFlows(generator: LoadGenerator, effort: Effort): Promise<FlowResults> {
  const server = await startServer("flows");
  try {
    const cases: Record<string, CaseNumbers> = {};
    for (const one of FLOW_CASES) {
      const rounds: CaseNumbers[] = [];
      for (let round = 0; round <= effort.rounds; round++) {
        const numbers = await measureRound(one, server, generator, effort, round === 0);
        if (round > 0) rounds.push(numbers);
      }
      const of = (key: keyof CaseNumbers) => median(rounds.map((round) => round[key]));
      cases[one.id] = { cpuMs: of("cpuMs"), perSecond: of("perSecond"), p50Ms: of("p50Ms"), p99Ms: of("p99Ms") };
    }
    return { cases, slow: await slowStreams() };
  } finally {
    await server.stop();
  }
}

/** On a server of its own: what others have left in memory would hide what streams need. */
async function slowStreams(): Promise<SlowStreams> {
  const server = await startServer("flows");
  try {
    // Code and pools that every stream needs are there before anything is counted.
    const warm = await open(server, 50, () => undefined);
    for (const socket of warm) socket.destroy();
    await sleep(1_000);
    const [held, before] = [await server.held(), await server.usage()];
    const delays: number[] = [];
    const sockets = await open(server, STREAMS, (delayMs) => delays.push(delayMs));
    await sleep(OPEN_MS);
    delays.length = 0;
    await sleep(MEASURED_MS);
    const measured = delays.toSorted((a, b) => a - b);
    const after = await server.usage();
    const heldNow = await server.held();
    for (const socket of sockets) socket.destroy();
    return {
      streams: STREAMS,
      bytesPerStream: (heldNow.bytes - held.bytes) / STREAMS,
      residentPerStream: (after.rssBytes - before.rssBytes) / STREAMS,
      delayP99Ms: measured[Math.floor(measured.length * 0.99)] ?? Number.NaN,
    };
  } finally {
    await server.stop();
  }
}

async function open(server: ServerProcess, count: number, onToken: (delayMs: number) => void): Promise<Socket[]> {
  const body = JSON.stringify({ messages: "Say something." });
  const request = `POST /api/agents/slow/stream HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = connect(server.port, "127.0.0.1", () => socket.write(request));
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("data", (data: Buffer) => {
      const now = Date.now();
      for (const [, at] of data.toString("latin1").matchAll(/at (\d{13});/g)) onToken(now - Number(at));
    });
    sockets.push(socket);
    if (i % 50 === 49) await sleep(20);
  }
  return sockets;
}

export function flowTable({ cases, slow }: FlowResults): string {
  const rows = FLOW_CASES.flatMap(({ id, title }) => {
    const numbers = cases[id];
    return numbers
      ? [[title, numbers.cpuMs.toFixed(3), numbers.perSecond.toFixed(0), numbers.p50Ms.toFixed(1), numbers.p99Ms.toFixed(1)]]
      : [];
  });
  const streams = `${slow.streams} slow streams: ${(slow.bytesPerStream / 1e3).toFixed(1)} KB held each (${(slow.residentPerStream / 1e3).toFixed(1)} KB resident), token delay p99 ${slow.delayP99Ms.toFixed(0)} ms`;
  return `${table([["workflows", "CPU ms", "per second", "p50 ms", "p99 ms"], ...rows])}\n\n${streams}`;
}

export function flowChecks({ cases, slow }: FlowResults): Check[] {
  const ms = (value: number): string => `${value.toFixed(3)} ms`;
  return [
    ...Object.entries(LIMITS).map(([id, limit]) => {
      const title = FLOW_CASES.find((one) => one.id === id)?.title ?? id;
      return atMost(`${title}: CPU at most ${limit} ms`, cases[id]?.cpuMs, limit, ms);
    }),
    atMost(`a slow stream takes under ${STREAM_KB} KB`, slow.bytesPerStream / 1e3, STREAM_KB, (kb) => `${kb.toFixed(1)} KB`),
  ];
}
