/** The processes of the bench: one per server, one for the load generator. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Attack, AttackReport, Order } from "./attackers.ts";
import type { Job, LoadResult } from "./load.ts";

export const SERVERS = ["floor", "fermata", "official"] as const;
export type ServerName = (typeof SERVERS)[number];
/** What can be started: the servers, and bare Hono for start-up and idle memory. */
export type ProgramName = ServerName | "hono" | "stores" | "adapters" | "flows" | "guards" | "attack";

const PROGRAMS: Record<ProgramName, string> = {
  hono: "servers/hono.js",
  floor: "servers/floor.js",
  fermata: "servers/fermata.js",
  official: "peers/official.js",
  stores: "servers/stores.js",
  adapters: "servers/adapters.js",
  flows: "servers/flows.js",
  guards: "servers/guards.js",
  attack: "servers/attack.js",
};

export interface Usage {
  /** User and system time of the whole process since its start. */
  cpuMs: number;
  rssBytes: number;
}

export interface ServerProcess {
  name: ProgramName;
  port: number;
  usage: () => Promise<Usage>;
  /** Memory that is held after the garbage collector has been through. */
  held: () => Promise<{ bytes: number }>;
  /** How long the event loop kept others waiting since the last question: 99 of 100 waits were shorter. */
  loopDelay: () => Promise<{ p99Ms: number }>;
  /** When the last signal of a model that waits has aborted, in milliseconds since 1970; waits until one has. Of the adapters' servers. */
  aborted: () => Promise<number>;
  startProfile: () => Promise<void>;
  /** A profile in the format of the DevTools protocol (`Profiler.Profile`). */
  stopProfile: () => Promise<CpuProfile>;
  stop: () => Promise<void>;
}

export interface CpuProfile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number };
    hitCount?: number;
    children?: number[];
  }[];
  startTime: number;
  endTime: number;
  samples?: number[];
  timeDeltas?: number[];
}

const START_LIMIT_MS = 60_000;

/** Starts a server and waits until it listens. Rejects with what it said on standard error when it does not. */
export async function startServer(name: ProgramName, more: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const child = fork(fileURLToPath(new URL(PROGRAMS[name], import.meta.url)), {
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    execArgv: [],
    serialization: "advanced",
    // As it would be deployed; and nothing of the caller's environment (keys, ports) changes what is measured.
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NODE_ENV: "production", MASTRA_TELEMETRY_DISABLED: "1", ...more },
  });
  let complaints = "";
  child.stderr?.on("data", (data: Buffer) => (complaints = (complaints + data.toString()).slice(-4000)));
  const port = await listeningPort(child).catch((error: unknown) => {
    child.kill("SIGKILL");
    // The line that names the error says more than the stack around it.
    const said = /^.*Error\b.*: .*$/m.exec(complaints)?.[0] ?? complaints.trim().slice(-500);
    throw new Error(`${error instanceof Error ? error.message : String(error)}: ${said}`);
  });
  return {
    name,
    port,
    usage: () => ask<Usage>(child, "usage"),
    held: () => ask<{ bytes: number }>(child, "held"),
    loopDelay: () => ask<{ p99Ms: number }>(child, "loop-delay"),
    aborted: async () => (await ask<{ atMs: number }>(child, "aborted")).atMs,
    startProfile: async () => void (await ask(child, "profile-start")),
    stopProfile: async () => (await ask<{ profile: CpuProfile }>(child, "profile-stop")).profile,
    stop: () => stop(child),
  };
}

export interface LoadGenerator {
  run: (job: Job) => Promise<LoadResult>;
  stop: () => Promise<void>;
}

export function startLoadGenerator(): LoadGenerator {
  const child = fork(fileURLToPath(new URL("load.ts", import.meta.url)), { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [] });
  return { run: (job) => ask<LoadResult>(child, job), stop: () => stop(child) };
}

export interface Attackers {
  /** Resolves when the attack is under way. */
  begin: (attack: Attack, port: number, connections: number) => Promise<AttackReport>;
  end: () => Promise<AttackReport>;
  stop: () => Promise<void>;
}

export function startAttackers(): Attackers {
  const child = fork(fileURLToPath(new URL("attackers.ts", import.meta.url)), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [],
  });
  const order = (given: Order) => ask<AttackReport>(child, given);
  return {
    begin: (begin, port, connections) => order({ begin, port, connections }),
    end: () => order({ end: true }),
    stop: () => stop(child),
  };
}

async function listeningPort(child: ChildProcess): Promise<number> {
  if (!child.stdout) throw new Error("no standard output");
  const lines = createInterface({ input: child.stdout });
  const exited = once(child, "exit").then(() => Promise.reject(new Error("it ended before it listened")));
  const late = AbortSignal.timeout(START_LIMIT_MS);
  const line = new Promise<number>((resolve, reject) => {
    lines.on("line", (text) => {
      const match = /^\{"port":(\d+)\}$/.exec(text);
      if (match) resolve(Number(match[1]));
    });
    late.addEventListener("abort", () => reject(new Error(`it did not listen within ${START_LIMIT_MS} ms`)));
  });
  exited.catch(() => {}); // it may also end later, when it is stopped
  return Promise.race([line, exited]);
}

/** Each process answers one question at a time, in order. */
function ask<T>(child: ChildProcess, question: string | object): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error("the process ended"));
    child.once("exit", onExit);
    child.once("message", (answer) => {
      child.off("exit", onExit);
      resolve(answer as T); // our own processes, see servers/process.js and load.ts
    });
    if (child.connected) child.send(question);
    else onExit();
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
