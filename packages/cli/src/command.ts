/** What a command is: its words, its options, its work. Help and the check of what was given follow from it. */
import { parseArgs } from "node:util";
import { UsageError } from "./terminal/usage-error.ts";
import type { Terminal } from "./terminal/terminal.ts";

export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  readonly multiple?: true;
  /** What stands for the value in the help. */
  readonly value?: string;
  /** The value when the option stands alone. */
  readonly otherwise?: string;
  readonly help: string;
}

export type Options = Readonly<Record<string, Option>>;

type Value<O extends Option> = O["type"] extends "boolean" ? boolean : O extends { readonly multiple: true } ? readonly string[] : string;
export type Values<O extends Options> = { readonly [K in keyof O]?: Value<O[K]> };

export interface Given<O extends Options> {
  readonly values: Values<O>;
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
}

export interface Command<O extends Options = Options> {
  readonly name: string;
  readonly summary: string;
  /** The words behind the name, for the help. */
  readonly takes?: string;
  /** How many words may stand there. Default none. */
  readonly maxWords?: number;
  readonly options: O;
  /** More for the help: examples, environment, exit codes. */
  readonly more?: string;
  /** Resolves to the exit code; nothing is 0. */
  run(given: Given<O>): Promise<number | void>;
}

/** A command whose options are known when it runs. */
export type AnyCommand = Omit<Command, "run"> & {
  run(given: {
    readonly values: Record<string, unknown>;
    readonly positionals: readonly string[];
    readonly terminal: Terminal;
  }): Promise<number | void>;
};

/** Keeps the option names in the type of `run`, which is given what parsing made of the same options. */
export const command = <const O extends Options>(spec: Command<O>): AnyCommand => spec;

/** @throws UsageError for what the command does not take. */
export function parse(spec: AnyCommand, args: readonly string[]): { values: Record<string, unknown>; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries(spec.options).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short !== undefined && { short }), ...(multiple && { multiple }) },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: withValues(args, spec.options),
      options: { ...options, help: { type: "boolean", short: "h" } },
      allowPositionals: true,
      allowNegative: true,
    });
    const most = spec.maxWords ?? 0;
    if (positionals.length > most && values["help"] !== true)
      throw new UsageError(
        `"${positionals[most]}" is one word too many for \`fermata ${spec.name}\`. See \`fermata ${spec.name} --help\`.`,
      );
    return { values, positionals };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const text = error instanceof Error ? error.message : String(error);
    const unknown = /Unknown option '([^']+)'/.exec(text)?.[1];
    if (unknown === undefined) throw new UsageError(text);
    const near = nearest(unknown.replace(/^-+/, ""), Object.keys(spec.options));
    throw new UsageError(
      `\`fermata ${spec.name}\` has no option ${unknown}${near === undefined ? "" : `. Did you mean --${near}?`} See \`fermata ${spec.name} --help\`.`,
    );
  }
}

/** Gives options that may stand alone the value that they have then. */
function withValues(args: readonly string[], options: Options): string[] {
  const alone = new Map<string, string>();
  for (const [name, { short, otherwise }] of Object.entries(options)) {
    if (otherwise === undefined) continue;
    alone.set(`--${name}`, otherwise);
    if (short !== undefined) alone.set(`-${short}`, otherwise);
  }
  return args.flatMap((word, index) => {
    const otherwise = alone.get(word);
    const next = args[index + 1];
    return otherwise !== undefined && (next === undefined || next.startsWith("-")) ? [word, otherwise] : [word];
  });
}

export function help(spec: AnyCommand): string {
  const lines = Object.entries(spec.options).map(([name, option]) => {
    const short = option.short === undefined ? "    " : `-${option.short}, `;
    const value = option.type === "string" ? ` <${option.value ?? "text"}>` : "";
    return [`  ${short}--${name}${value}`, option.help] as const;
  });
  const width = Math.max(...lines.map(([left]) => left.length), 12) + 2;
  return [
    spec.summary,
    "",
    `  fermata ${spec.name}${spec.takes === undefined ? "" : ` ${spec.takes}`} [options]`,
    "",
    ...lines.map(([left, right]) => `${left.padEnd(width)}${right}`),
    ...(spec.more === undefined ? [] : ["", spec.more]),
  ].join("\n");
}

/** The word of `known` that differs least, when it differs little. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const scored = known.map((name) => ({ name, distance: distance(word, name) })).toSorted((a, b) => a.distance - b.distance);
  const [best] = scored;
  return best && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.name : undefined;
}

/** Insertions, deletions and replacements from one word to the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of a.split("").entries()) {
    const next = [i + 1];
    for (const [j, other] of b.split("").entries()) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
