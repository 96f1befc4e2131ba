/** A server in a process of its own, for what only a process has: signals, the environment, an exit code. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

export interface Child extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Resolves to the first line of the output that holds `text`, also when it has been written already. */
  line(text: string): Promise<string>;
  /** All output so far. */
  readonly output: () => string;
  /** The exit code, once the process has ended. */
  readonly exited: Promise<number | null>;
}

/** Starts `serve-child.ts`, or another program beside it. Nothing of this process's environment that servers read goes along. */
export function startChild(env: Readonly<Record<string, string>>, program = new URL("./serve-child.ts", import.meta.url)): Child {
  const { PORT: _port, MASTRA_HOST: _host, NODE_ENV: _env, ...inherited } = process.env;
  const child = fork(program, {
    env: { ...inherited, ...env },
    silent: true,
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  let output = "";
  const exited = once(child, "exit").then(([code]) => code as number | null);
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text: Buffer) => (output += text.toString()));
  return {
    process: child,
    output: () => output,
    exited,
    async line(text) {
      for (;;) {
        const found = output
          .split("\n")
          .slice(0, -1)
          .find((line) => line.includes(text));
        if (found !== undefined) return found;
        const more = child.stdout ? once(child.stdout, "data") : Promise.resolve();
        const ended = exited.then((code) => {
          if (!output.includes(text)) throw new Error(`the process ended with ${code} before it said ${text}:\n${output}`);
        });
        await Promise.race([more, ended]);
      }
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await exited;
    },
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo; // it listens on TCP
  probe.close();
  await once(probe, "close");
  return port;
}
