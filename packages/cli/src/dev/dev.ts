/**
 * `fermata dev`: serves the app, and serves it anew at every change. The server of before goes on until the next one is up; when the
 * change is broken, it goes on for good. The port is held by this process, so it is never lost.
 */
import { basename, join, relative, sep } from "node:path";
import { isCode, needsCompiling } from "../compile/file-kinds.ts";
import { applyEnv, readEnvFiles } from "../env-files.ts";
import { findLibrary } from "../library.ts";
import type { Project } from "../project.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { CommandError } from "../terminal/usage-error.ts";
import { Front, type Certificate } from "./front.ts";
import { lock, runningDev, type Lock } from "./lock.ts";
import type { StartMessage } from "./messages.ts";
import { ServerProcess, type Outcome } from "./servers.ts";
import { TypeCheck } from "./type-check.ts";
import { Watch } from "./watch.ts";

export interface DevOptions {
  readonly env?: string | undefined;
  readonly inspect?: StartMessage["inspect"] | undefined;
  readonly certificate?: Certificate | undefined;
  readonly requestContextPresets?: string | undefined;
  readonly typeCheck: boolean;
}

/** Files of the project's folder. */
const SETTINGS = new Set([".env.development", ".env.local", ".env", "package.json", "tsconfig.json"]);
/** A server that lived as long is started again when it ends by itself; one that did not would only end again. */
const STEADY_MS = 2_000;
/** The next process is made ready after the first requests to the one that serves: they are what somebody waits for. */
const PAUSE_MS = 100;

export class Dev {
  readonly #project: Project;
  readonly #options: DevOptions;
  readonly #terminal: Terminal;
  readonly #front = new Front();
  readonly #watch: Watch;
  readonly #types: TypeCheck;
  readonly #library: string;
  readonly #lock: Lock;
  #env: NodeJS.ProcessEnv;
  #spare: ServerProcess | undefined;
  #spareTimer: NodeJS.Timeout | undefined;
  #current: ServerProcess | undefined;
  #starting: ServerProcess | undefined;
  readonly #leaving = new Set<Promise<void>>();
  #url: string | undefined;
  #prefix: string | undefined;
  #isStopped = false;
  readonly #end = Promise.withResolvers<void>();

  /** @throws CommandError when the project has the library not installed, or another dev command. */
  static async run(project: Project, options: DevOptions, terminal: Terminal): Promise<Dev> {
    const library = findLibrary(project).path;
    const running: { dev?: Dev } = {};
    const held = await lock(project.root, () => running.dev?.state() ?? { pid: process.pid });
    if (!held) {
      const other = await runningDev(project.root);
      const where = other?.url === undefined ? "" : ` at ${other.url}`;
      throw new CommandError(`This project has a dev server already${where}${other ? ` (process ${other.pid})` : ""}.`);
    }
    const dev = new Dev(project, options, terminal, library, held);
    running.dev = dev;
    await dev.#serve([]);
    return dev;
  }

  private constructor(project: Project, options: DevOptions, terminal: Terminal, library: string, held: Lock) {
    this.#project = project;
    this.#options = options;
    this.#terminal = terminal;
    this.#library = library;
    this.#lock = held;
    this.#types = new TypeCheck(project.root, (text) => terminal.note(terminal.paint.yellow(text)));
    this.#env = this.#environment();
    this.#spare = this.#newProcess();
    this.#watch = new Watch([project.sourceFolder], (paths) => void this.#serve(paths));
    const { root } = project;
    this.#watch.add([...[...SETTINGS].map((name) => join(root, name)), ...(options.env === undefined ? [] : [options.env])]);
  }

  state() {
    return {
      pid: process.pid,
      ...(this.#url !== undefined && { url: this.#url }),
      ...(this.#prefix !== undefined && { prefix: this.#prefix }),
    };
  }

  /** Resolves when it has been stopped, or has stopped itself. */
  get stopped(): Promise<void> {
    return this.#end.promise;
  }

  /** Stops all processes and lets go of the port. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#watch.close();
    this.#types.stop();
    clearTimeout(this.#spareTimer);
    this.#spare?.kill();
    this.#starting?.kill();
    await Promise.all([this.#current?.stop(), this.#spare?.exited, this.#starting?.exited, ...this.#leaving]);
    await this.#front.close();
    this.#lock.release();
    this.#end.resolve();
  }

  #environment(): NodeJS.ProcessEnv {
    const env: NodeJS.ProcessEnv = { ...process.env, MASTRA_DEV: "true" };
    applyEnv(readEnvFiles(this.#project.root, "development", this.#options.env).values, env);
    env.NODE_ENV ??= "development";
    if (this.#options.requestContextPresets !== undefined) env.MASTRA_REQUEST_CONTEXT_PRESETS = this.#options.requestContextPresets;
    return env;
  }

  #newProcess(): ServerProcess {
    const { entry, root } = this.#project;
    return new ServerProcess({ library: this.#library, entry, root, env: this.#env }, (paths) => this.#watch.add(paths));
  }

  /** Serves the app as it is now. A start that is under way is of no use any more. */
  async #serve(changed: readonly string[]): Promise<void> {
    if (this.#isStopped) return;
    const begin = performance.now();
    this.#types.stop();
    this.#starting?.kill();
    clearTimeout(this.#spareTimer);
    if (changed.some((path) => this.#isLoadedAhead(path))) this.#dropSpare();
    const next = this.#spare ?? this.#newProcess();
    this.#starting = next;
    this.#spare = undefined;
    const { inspect } = this.#options;
    if (inspect) this.#current?.letGoOfInspector();
    const outcome = await next.start({ type: "start", ...(inspect && { inspect }) });
    if (this.#starting !== next) return; // another change came
    this.#starting = undefined;
    if (this.#isStopped) return;
    if (outcome.ok) await this.#switchTo(next, outcome, changed, performance.now() - begin);
    else this.#fail(outcome.text);
    if (this.#isStopped) return;
    this.#spareTimer = setTimeout(() => (this.#spare ??= this.#newProcess()), PAUSE_MS);
    if (this.#options.typeCheck) this.#types.soon();
  }

  /** Whether a process that waits has the file in it already: settings, and what other tools have built. */
  #isLoadedAhead(path: string): boolean {
    const isOwn = path.startsWith(this.#project.sourceFolder + sep) || needsCompiling(path);
    return path === this.#options.env || SETTINGS.has(basename(path)) || (isCode(path) && !isOwn);
  }

  #dropSpare(): void {
    this.#env = this.#environment();
    this.#spare?.kill();
    this.#spare = undefined;
  }

  async #switchTo(server: ServerProcess, ready: Extract<Outcome, { ok: true }>, changed: readonly string[], ms: number): Promise<void> {
    const { paint, note } = this.#terminal;
    const old = this.#current;
    this.#current = server;
    this.#front.leadTo(ready.port);
    const startedAt = performance.now();
    void server.exited.then((how) => this.#noteEnd(server, how, performance.now() - startedAt));
    if (old) this.#letGo(old);
    const isFirst = !this.#front.isListening;
    try {
      await this.#listen(ready);
    } catch (error) {
      const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
      note(
        paint.red(
          isTaken
            ? `Port ${ready.config.port ?? this.#env.PORT ?? 4111} is taken by another program. Set PORT or server.port.`
            : String(error),
        ),
      );
      if (isFirst) {
        process.exitCode = 1;
        await this.stop();
      }
      return;
    }
    this.#prefix = ready.config.prefix;
    if (isFirst) this.#greet(ready, ms);
    else note(`${paint.green("Served anew")} in ${Math.round(ms)} ms${changed.length > 0 ? paint.dim(`: ${this.#shown(changed)}`) : ""}`);
  }

  async #listen({ config: { host, port }, isSecure }: Extract<Outcome, { ok: true }>): Promise<void> {
    const address = host ?? (this.#env.MASTRA_HOST || "localhost");
    // A server with a certificate of its own has it shown to whoever calls.
    const certificate = isSecure ? undefined : this.#options.certificate;
    const bound = await this.#front.listen(address, port ?? Number(this.#env.PORT || 4111), certificate);
    this.#url = `http${isSecure || certificate ? "s" : ""}://${address.includes(":") ? `[${address}]` : address}:${bound}`;
  }

  #greet({ agents, workflows, config }: Extract<Outcome, { ok: true }>, ms: number): void {
    const { paint, say } = this.#terminal;
    const url = this.#url ?? "";
    say(`${paint.bold("Fermata")} serves ${this.#project.name} on ${paint.bold(url)} ${paint.dim(`(${Math.round(ms)} ms)`)}`);
    if (agents.length > 0) say(`  Agents     ${agents.join(", ")}`);
    if (workflows.length > 0) say(`  Workflows  ${workflows.join(", ")}`);
    say(`  API        ${url}${config.prefix}`);
    say(`  Docs       ${url}/swagger-ui`);
    say(paint.dim("  A change is served at once. Ctrl-C stops."));
  }

  #fail(text: string): void {
    const { paint, note } = this.#terminal;
    note(paint.red(text));
    note(this.#current ? paint.dim("The server of before goes on.") : paint.dim("Waiting for a change."));
  }

  /** The server has ended by itself. */
  #noteEnd(server: ServerProcess, how: string, livedMs: number): void {
    if (this.#isStopped || server !== this.#current) return;
    this.#current = undefined;
    this.#front.leadTo(undefined);
    this.#terminal.note(this.#terminal.paint.red(`The app ended its process (${how}).`));
    if (livedMs >= STEADY_MS) void this.#serve([]);
    else this.#terminal.note(this.#terminal.paint.dim("Waiting for a change."));
  }

  #letGo(old: ServerProcess): void {
    const left = old.stop();
    this.#leaving.add(left);
    void left.finally(() => this.#leaving.delete(left));
  }

  #shown(paths: readonly string[]): string {
    const names = paths.map((path) => relative(this.#project.root, path));
    return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  }
}
