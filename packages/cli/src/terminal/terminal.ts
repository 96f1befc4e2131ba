/** Where commands speak: results on standard output, everything about the work itself on standard error. */
import type { WriteStream } from "node:tty";

export interface Terminal {
  /** A result, for people and programs. */
  readonly say: (text?: string) => void;
  /** What happens, what went wrong, what to do. */
  readonly note: (text?: string) => void;
  /** Shows what is being done, where somebody looks; nothing elsewhere. Ends with `done`. */
  readonly progress: (what: string) => Progress;
  readonly paint: Paint;
  /** Whether somebody can answer questions. */
  readonly isInteractive: boolean;
}

export interface Progress {
  readonly update: (what: string) => void;
  readonly done: () => void;
}

export type Paint = Readonly<Record<"bold" | "dim" | "red" | "green" | "yellow" | "cyan", (text: string) => string>>;

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

export function createTerminal(out: WriteStream = process.stdout, err: WriteStream = process.stderr): Terminal {
  const isColourful = err.isTTY && out.isTTY && process.env.NO_COLOR === undefined && process.env.TERM !== "dumb";
  const paint = Object.fromEntries(
    Object.entries(CODES).map(([name, code]) => [name, (text: string) => (isColourful ? `\u001B[${code}m${text}\u001B[0m` : text)]),
  ) as unknown as Paint; // one function for every code
  const note = (text = ""): void => void err.write(`${text}\n`);
  return {
    say: (text = "") => void out.write(`${text}\n`),
    note,
    progress: (what) => (err.isTTY && process.env.CI === undefined ? spin(err, what, paint) : SILENT),
    paint,
    isInteractive: process.stdin.isTTY && out.isTTY && process.env.CI === undefined,
  };
}

const SILENT: Progress = { update: () => undefined, done: () => undefined };

function spin(err: WriteStream, first: string, paint: Paint): Progress {
  let what = first;
  let frame = 0;
  const draw = (): void => {
    frame = (frame + 1) % FRAMES.length;
    err.write(`\r\u001B[K${paint.cyan(FRAMES[frame] ?? "")} ${what}`);
  };
  draw();
  const timer = setInterval(draw, 80);
  return {
    update: (next) => {
      what = next;
      draw();
    },
    done: () => {
      clearInterval(timer);
      err.write("\r\u001B[K");
    },
  };
}
