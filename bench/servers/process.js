/**
 * What every server process of the bench does besides serving: say on which port, and answer the orchestrator's questions over IPC.
 *
 * @import { Session } from 'node:inspector/promises'
 * @typedef {{ fetch: (request: Request) => Response | Promise<Response> }} App
 * @typedef {(options: { fetch: App['fetch'], hostname: string, port: number }, listening: (info: { port: number }) => void) => unknown} Serve
 */

/**
 * @param {Serve} serve `serve` of the server's own copy of @hono/node-server
 * @param {App} app
 */
export function run(serve, app) {
  serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => console.log(JSON.stringify({ port })));
  answerQuestions();
}

/**
 * For a server that has said by itself on which port it listens.
 *
 * @param {Readonly<Record<string, () => Promise<object>>>} [own] what only this server is asked
 */
export function answerQuestions(own = {}) {
  process.on(
    "message",
    (question) => void (own[/** @type {string} */ (question)]?.() ?? answer(question)).then((reply) => process.send?.(reply)),
  );
  // The orchestrator is gone: nobody would stop this process any more.
  process.on("disconnect", () => process.exit());
}

/** @type {Session | undefined} */
let session;
/** @type {ReturnType<typeof import('node:perf_hooks').monitorEventLoopDelay> | undefined} */
let delay;

/** @param {unknown} question */
async function answer(question) {
  switch (question) {
    case "usage": {
      const { user, system } = process.cpuUsage();
      return { cpuMs: (user + system) / 1000, rssBytes: process.memoryUsage.rss() };
    }
    // What is needed, and not what the collector has not yet looked at.
    case "held": {
      const { setFlagsFromString } = await import("node:v8");
      const { runInNewContext } = await import("node:vm");
      setFlagsFromString("--expose-gc");
      for (let i = 0; i < 3; i++) runInNewContext("gc")();
      const { heapUsed, external } = process.memoryUsage();
      return { bytes: heapUsed + external };
    }
    // How long the event loop kept others waiting since the question before this one.
    case "loop-delay": {
      const { monitorEventLoopDelay } = await import("node:perf_hooks");
      const p99Ms = (delay?.percentile(99) ?? 0) / 1e6;
      delay ??= monitorEventLoopDelay({ resolution: 2 });
      delay.enable();
      delay.reset();
      return { p99Ms };
    }
    case "profile-start": {
      const { Session } = await import("node:inspector/promises");
      session = new Session();
      session.connect();
      await session.post("Profiler.enable");
      await session.post("Profiler.setSamplingInterval", { interval: 200 });
      await session.post("Profiler.start");
      return { started: true };
    }
    case "profile-stop": {
      const profile = (await session?.post("Profiler.stop"))?.profile;
      session?.disconnect();
      return { profile };
    }
    default:
      throw new Error(`Unknown question ${JSON.stringify(question)}`);
  }
}
