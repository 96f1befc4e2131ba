/** The command line as its user has it: a process of its own. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

export const BIN = fileURLToPath(new URL("../../src/bin.ts", import.meta.url));

export interface Run extends AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  /** Standard output and standard error so far. */
  readonly out: () => string;
  readonly err: () => string;
  /** Resolves when either holds `part`; rejects when the process ends without it. */
  until(part: string | RegExp): Promise<void>;
  /** The exit code. */
  readonly exited: Promise<number | null>;
}

/** Starts a program with nothing of this process's environment but where programs are. */
export function run(args: readonly string[], options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> }): Run {
  const env = { PATH: process.env.PATH, FERMATA_MODEL: "offline", MASTRA_HOST: "127.0.0.1", NODE_NO_WARNINGS: "1", ...options.env };
  const child = spawn(process.execPath, [...args], { cwd: options.cwd, env });
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.err += text));
  const exited = once(child, "close").then(([code]) => code as number | null);
  const holds = (part: string | RegExp): boolean =>
    [said.out, said.err].some((text) => (typeof part === "string" ? text.includes(part) : part.test(text)));
  return {
    child,
    out: () => said.out,
    err: () => said.err,
    exited,
    async until(part) {
      while (!holds(part)) {
        const more = Promise.race([once(child.stdout, "data"), once(child.stderr, "data")]).then(() => false);
        const ended = await Promise.race([more, exited.then(() => true)]);
        if (ended && !holds(part)) throw new Error(`It ended without ${part}:\n${said.out}\n${said.err}`);
      }
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await exited;
    },
  };
}

/** `fermata …` */
export const fermata = (args: readonly string[], options: Parameters<typeof run>[1]): Run => run([BIN, ...args], options);

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo; // it listens on TCP
  probe.close();
  await once(probe, "close");
  return port;
}
