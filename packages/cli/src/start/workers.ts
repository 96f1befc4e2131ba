/** Several processes of one server on one port. They share nothing but the store, so one that dies takes no other with it. */
import cluster, { type Worker } from "node:cluster";
import type { Terminal } from "../terminal/terminal.ts";

const SHORT_LIFE_MS = 10_000;
const LONGEST_PAUSE_MS = 30_000;

/** Resolves to the exit code when all have ended: 0 after a signal, 1 when none could start. */
export function runWorkers(entry: string, count: number, terminal: Terminal): Promise<number> {
  cluster.setupPrimary({ exec: entry, args: [] });
  return new Promise((resolve) => {
    const state = { stopping: false, listening: 0, pauseMs: 1_000, failed: false };
    const start = (): void => {
      const startedAt = performance.now();
      const worker = cluster.fork();
      let isListening = false;
      worker.on("message", (message: unknown) => {
        const url = listeningUrl(message);
        if (url === undefined) return;
        isListening = true;
        state.listening += 1;
        state.pauseMs = 1_000;
        if (state.listening === count) terminal.note(`Listening on ${url} with ${count} processes`);
      });
      worker.once("exit", (code: number | null, signal: string | null) => {
        if (isListening) state.listening -= 1;
        const others = Object.keys(cluster.workers ?? {}).length;
        if (!state.stopping && !isListening && state.listening === 0) {
          // It never came up: what is wrong is wrong for all of them.
          state.failed = true;
          stopAll("SIGTERM");
        } else if (!state.stopping) {
          const pauseMs = performance.now() - startedAt < SHORT_LIFE_MS ? state.pauseMs : 0;
          state.pauseMs = Math.min(state.pauseMs * 2, LONGEST_PAUSE_MS);
          terminal.note(`A process ended with ${signal ?? code}; another one starts${pauseMs > 0 ? ` in ${pauseMs / 1000} s` : ""}.`);
          setTimeout(() => !state.stopping && start(), pauseMs);
        }
        if (state.stopping && others === 0) resolve(state.failed ? 1 : 0);
      });
    };
    const stopAll = (signal: NodeJS.Signals): void => {
      state.stopping = true;
      const left = Object.values(cluster.workers ?? {}).filter((worker): worker is Worker => worker !== undefined);
      for (const worker of left) worker.process.kill(signal);
      if (left.length === 0) resolve(state.failed ? 1 : 0);
    };
    // A terminal sends Ctrl-C to all of them, a supervisor SIGTERM to this one alone; a worker that has both stops at the second.
    process.on("SIGTERM", () => stopAll("SIGTERM"));
    process.on("SIGINT", () => (process.stdin.isTTY ? void (state.stopping = true) : stopAll("SIGINT")));
    for (let index = 0; index < count; index += 1) start();
  });
}

function listeningUrl(message: unknown): string | undefined {
  if (typeof message !== "object" || message === null || !("type" in message) || message.type !== "fermata:listening") return undefined;
  return "url" in message && typeof message.url === "string" ? message.url : undefined;
}
