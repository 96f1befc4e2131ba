/** A real terminal, with a shell in it and somebody who types and reads: tmux without a screen. */
import { spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";

const LONGEST_MS = 120_000;

export class Terminal implements AsyncDisposable {
  readonly #name = `fermata-${crypto.randomUUID()}`;
  readonly #cwd: string;
  #window = 0;
  #windows = 1;

  constructor(cwd: string, env: Readonly<Record<string, string>>) {
    this.#cwd = cwd;
    this.#tmux(["-f", "/dev/null", "new-session", "-d", "-s", "main", "-x", "160", "-y", "50", "-c", cwd, "sh"], env);
  }

  /** A second shell beside the first. */
  open(): void {
    this.#tmux(["new-window", "-c", this.#cwd, "sh"]);
    this.#window = this.#windows;
    this.#windows += 1;
  }

  turnTo(window: number): void {
    this.#window = window;
  }

  type(line: string): void {
    this.#tmux(["send-keys", "-t", this.#place, "-l", line]);
    this.#tmux(["send-keys", "-t", this.#place, "Enter"]);
  }

  /** Ctrl-C */
  interrupt(): void {
    this.#tmux(["send-keys", "-t", this.#place, "C-c"]);
  }

  /** Resolves when it stands on the screen, or did; rejects with the screen when it does not come. */
  async shows(part: string | RegExp): Promise<void> {
    const end = Date.now() + LONGEST_MS;
    for (;;) {
      const screen = this.#tmux(["capture-pane", "-p", "-J", "-S", "-500", "-t", this.#place]).trimEnd();
      if (typeof part === "string" ? screen.includes(part) : part.test(screen)) return;
      if (Date.now() > end) throw new Error(`The terminal does not show ${String(part)}:\n${screen}`);
      await delay(50);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tmux(["kill-server"]);
    await Promise.resolve();
  }

  get #place(): string {
    return `main:${this.#window}`;
  }

  #tmux(args: readonly string[], env?: Readonly<Record<string, string>>): string {
    const { status, stdout, stderr } = spawnSync("tmux", ["-L", this.#name, ...args], { encoding: "utf8", ...(env && { env }) });
    if (status !== 0) throw new Error(`tmux ${args.join(" ")}: ${stderr}`);
    return stdout;
  }
}
