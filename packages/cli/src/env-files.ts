import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { UsageError } from "./terminal/usage-error.ts";

/** The files that are read, the first that names a variable wins. */
const FILES = {
  development: [".env.development", ".env.local", ".env"],
  production: [".env.production", ".env.local", ".env"],
} as const;

export interface EnvFiles {
  readonly paths: readonly string[];
  readonly values: Readonly<Record<string, string>>;
}

/**
 * The variables of a project's env files. `MASTRA_SKIP_DOTENV=true` reads none.
 * @throws UsageError when the named file does not exist.
 */
export function readEnvFiles(
  root: string,
  mode: keyof typeof FILES,
  named: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): EnvFiles {
  if (named !== undefined) {
    const path = resolve(named);
    if (!existsSync(path)) throw new UsageError(`There is no file ${path}.`);
    return { paths: [path], values: valuesOf(path) };
  }
  if (env.MASTRA_SKIP_DOTENV === "true" || env.MASTRA_SKIP_DOTENV === "1") return { paths: [], values: {} };
  const paths = FILES[mode].map((name) => join(root, name)).filter((path) => existsSync(path));
  return { paths, values: Object.assign({}, ...paths.toReversed().map(valuesOf)) as Record<string, string> };
}

function valuesOf(path: string): Record<string, string> {
  // A variable without a value is left out by the parser's type alone.
  return parseEnv(readFileSync(path, "utf8")) as Record<string, string>;
}

/** Sets what the environment itself does not say. */
export function applyEnv(values: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv = process.env): void {
  for (const [name, value] of Object.entries(values)) env[name] ??= value;
}
