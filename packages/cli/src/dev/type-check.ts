/** Checks the types beside the running server, with the app's own compiler. What it finds is said; it stops nothing. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import { findPackage } from "../compile/resolve.ts";

const QUIET_MS = 400;
const MOST_LINES = 20;

export class TypeCheck {
  readonly #root: string;
  readonly #say: (text: string) => void;
  readonly #compiler: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: ChildProcess | undefined;
  #last = "";

  constructor(root: string, say: (text: string) => void) {
    this.#root = root;
    this.#say = say;
    const compiler = findPackage(root, "typescript");
    const bin = compiler && join(compiler.folder, "bin", "tsc");
    this.#compiler = bin !== undefined && existsSync(bin) && existsSync(join(root, "tsconfig.json")) ? bin : undefined;
  }

  /** Checks once nothing has changed for a moment. */
  soon(): void {
    this.stop();
    if (this.#compiler !== undefined) this.#timer = setTimeout(() => this.#check(), QUIET_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#running?.kill();
    this.#running = undefined;
  }

  #check(): void {
    const child = spawn(process.execPath, [this.#compiler ?? "", "--noEmit", "--pretty", "false", "-p", this.#root], {
      cwd: this.#root,
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#running = child;
    try {
      if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // It may have ended, or the system may not allow it: the check is the same.
    }
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
    child.once("error", () => undefined);
    child.once("close", (_code, signal) => {
      if (signal !== null || this.#running !== child) return;
      this.#running = undefined;
      this.#report(text);
    });
  }

  #report(text: string): void {
    const lines = text
      .split("\n")
      .filter((line) => /^\S.*\(\d+,\d+\): error TS\d+/.test(line))
      .map((line) => line.replace(/\((\d+),(\d+)\)/, ":$1:$2"));
    const found = lines.join("\n");
    if (found === this.#last) return;
    this.#last = found;
    if (lines.length === 0) this.#say("The types are right again.");
    else
      this.#say(
        [
          "Type errors, which the server runs in spite of:",
          ...lines.slice(0, MOST_LINES),
          ...(lines.length > MOST_LINES ? [`and ${lines.length - MOST_LINES} more`] : []),
        ].join("\n"),
      );
  }
}
