/** Starts the application in a process of its own, so that a suite meets it as every other caller does: over a socket. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";

/** A script that serves the same application and writes its address as `serve.ts` does; a way to hold the suites against another server. */
const script = process.env["CONFORMANCE_SERVE"] ?? fileURLToPath(new URL("serve.ts", import.meta.url));

/** True when the suites run against another server than ours: then what we do differently on purpose is not asked for. */
export const isPeer = process.env["CONFORMANCE_SERVE"] !== undefined;

export interface RunningServer {
  readonly url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Resolves when the server listens. @throws Error with what the process wrote when it ends before that. */
export async function startServer(): Promise<RunningServer> {
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, "exit");
  const url = await Promise.race([
    once(lines, "line").then(([line]) => String(line)),
    ended.then(([code]) => Promise.reject(new Error(`The server ended with code ${String(code)} before it listened.\n${complaint}`))),
  ]);
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
