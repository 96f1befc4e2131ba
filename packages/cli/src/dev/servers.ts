/** The processes of the dev command: one that serves, one that waits with the library loaded, so that a change costs the app's code alone. */
import { fork, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { FromServer, ReadyMessage, StartMessage, ToServer } from "./messages.ts";

/** How long a server that has been replaced may go on with what is under way. */
const STOP_MS = 6_000;

export type Outcome = ({ readonly ok: true } & ReadyMessage) | { readonly ok: false; readonly text: string };

/** Beside this file: TypeScript in the sources, JavaScript in the package. */
function programOf(name: string): URL {
  const source = new URL(`./${name}.ts`, import.meta.url);
  return existsSync(fileURLToPath(source)) ? source : new URL(`./dev/${name}.js`, import.meta.url);
}

/** What a process is to serve. */
export interface Program {
  /** The library as the app has it: its module. */
  readonly library: string;
  readonly entry: string;
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
}

export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #waiting: Promise<boolean>;
  /** Resolves to how the process ended. */
  readonly exited: Promise<string>;
  #said = "";
  hasEnded = false;

  constructor({ library, entry, root, env }: Program, onFiles: (paths: readonly string[]) => void) {
    this.#child = fork(programOf("server-process"), [pathToFileURL(library).href, entry], {
      cwd: root,
      env,
      execArgv: ["--enable-source-maps", "--import", programOf("register").href],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.exited = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => {
        this.hasEnded = true;
        resolve(String(signal ?? code));
      });
    });
    this.#child.on("error", (error) => (this.#said = error.message));
    this.#child.on("message", (message: FromServer) => {
      if (message.type === "files") onFiles(message.paths);
    });
    this.#waiting = Promise.race([this.#hears("waiting").then(() => true), this.exited.then(() => false)]);
  }

  /** Serves the app. Resolves when it listens, or when it is clear that it will not. */
  async start(message: StartMessage): Promise<Outcome> {
    if (!(await this.#waiting)) return { ok: false, text: this.#said || "The server's process did not start." };
    const ready = this.#hears("ready").then((ready) => ({ ok: true, ...ready }) as const);
    const failed = this.#hears("failed").then(({ text }) => ({ ok: false, text }) as const);
    const ended = this.exited.then(
      (how) => ({ ok: false, text: `The app ended the process (${how}) while it was being loaded.` }) as const,
    );
    this.#send(message);
    return Promise.race([ready, failed, ended]);
  }

  letGoOfInspector(): void {
    this.#send({ type: "let-go-of-inspector" });
  }

  /** Lets it finish what is under way. Resolves when the process has ended. */
  async stop(): Promise<void> {
    if (this.hasEnded) return;
    this.#send({ type: "stop" });
    const timer = setTimeout(() => this.kill(), STOP_MS);
    await this.exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #send(message: ToServer): void {
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #hears<T extends FromServer["type"]>(type: T): Promise<Extract<FromServer, { type: T }>> {
    return new Promise((resolve) => {
      this.#child.on("message", (message: FromServer) => {
        // The compiler does not narrow by a type parameter.
        if (message.type === type) resolve(message as Extract<FromServer, { type: T }>);
      });
    });
  }
}
