/** Holds what a server has said against the types of OpenAI's own package, by letting the compiler read it. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Kinds } from "./openai-kinds.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const PRELUDE = `
import type { Kinds } from ${JSON.stringify(here("openai-kinds.ts"))};
type Writable<T> = { -readonly [K in keyof T]: Writable<T[K]> };
declare function said<const T>(value: T): Writable<T>;
`;
const OPTIONS = ["--noEmit", "--strict", "--skipLibCheck", "--allowImportingTsExtensions", "--target", "es2023", "--module", "nodenext"];

/** Something that the server said, and the name of its type. */
export type Said = readonly [kind: keyof Kinds, value: unknown];

/** What the compiler has to say against it; empty when everything has its type. */
export async function typeFaults(all: readonly Said[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fermata-types-"));
  try {
    const lines = [...new Map(all.map((one) => [shapeOf(one), one])).values()].map(
      // By way of a name: what a type does not know is no fault.
      ([kind, value], index) => `const v${index} = said(${JSON.stringify(value)});\nconst k${index}: Kinds["${kind}"] = v${index};`,
    );
    await writeFile(join(folder, "said.ts"), `${PRELUDE}${lines.join("\n")}\n`);
    return await output(process.execPath, [here("../../../../node_modules/typescript/bin/tsc"), ...OPTIONS, "said.ts"], folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const LITERALS: ReadonlySet<string> = new Set(["type", "object", "status", "role", "code", "reason", "finish_reason"]);

/** Of many values of one shape the compiler need see only one. */
function shapeOf(one: Said): string {
  return JSON.stringify(one, (key, member: unknown) => (typeof member === "object" || LITERALS.has(key) ? member : typeof member));
}

function output(command: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve) => execFile(command, args, { cwd }, (_error, stdout, stderr) => resolve(stdout + stderr)));
}
