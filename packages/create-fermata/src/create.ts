/** Makes a project from the template. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const PACKAGE_MANAGERS = ["npm", "pnpm", "yarn", "bun"] as const;
export type PackageManager = (typeof PACKAGE_MANAGERS)[number];

/** The variable that holds the key of a provider. */
const KEYS: Readonly<Record<string, string>> = {
  openai: "OPENAI_API_KEY",
  anthropic: "ANTHROPIC_API_KEY",
  google: "GOOGLE_GENERATIVE_AI_API_KEY",
  groq: "GROQ_API_KEY",
  mistral: "MISTRAL_API_KEY",
  xai: "XAI_API_KEY",
  openrouter: "OPENROUTER_API_KEY",
};
export const PROVIDERS: readonly string[] = Object.keys(KEYS);

export interface CreateOptions {
  /** Where the project goes; its last part is the project's name. */
  readonly folder: string;
  /** One of `PROVIDERS`. */
  readonly llm?: string | undefined;
  readonly llmApiKey?: string | undefined;
  readonly packageManager: PackageManager;
  readonly install: boolean;
  readonly git: boolean;
  /** Called when a part of the work begins. */
  readonly onProgress?: (what: string) => void;
}

export interface Created {
  readonly folder: string;
  readonly name: string;
  /** False when installing was wanted and failed; `installOutput` says why. */
  readonly isInstalled: boolean;
  readonly installOutput: string;
}

/** Something that the caller can put right: the message says what. */
export class CreateError extends Error {
  override readonly name = "CreateError";
}

const TEMPLATE = fileURLToPath(new URL("../template/", import.meta.url));
/** A package holds no files of these names that are meant for others. */
const RENAMED: Readonly<Record<string, string>> = {
  gitignore: ".gitignore",
  "env.example": ".env.example",
  "package.template.json": "package.json",
};

/** @throws CreateError for a name that npm would refuse, a folder that is not empty, or a provider that is not known. */
export function create(options: CreateOptions): Created {
  const folder = resolve(options.folder);
  const name = basename(folder);
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name) || name.length > 214) {
    throw new CreateError(`"${name}" cannot be a package's name: small letters, digits, ".", "_" and "-", and a letter or digit first.`);
  }
  if (existsSync(folder) && readdirSync(folder).some((file) => file !== ".git")) throw new CreateError(`${folder} is not empty.`);
  const variable = variableOf(options.llm);
  options.onProgress?.("Writing the project");
  mkdirSync(folder, { recursive: true });
  cpSync(TEMPLATE, folder, { recursive: true });
  for (const [from, to] of Object.entries(RENAMED)) renameSync(join(folder, from), join(folder, to));
  for (const file of ["package.json", "README.md"])
    fill(join(folder, file), { name, version: ownVersion(), run: runOf(options.packageManager) });
  if (variable !== undefined) writeFileSync(join(folder, ".env"), `${variable}=${options.llmApiKey ?? ""}\n`, { mode: 0o600 });
  const { isInstalled, output } = options.install ? install(folder, options) : { isInstalled: true, output: "" };
  if (options.git) initGit(folder);
  return { folder, name, isInstalled, installOutput: output };
}

function variableOf(llm: string | undefined): string | undefined {
  if (llm === undefined) return undefined;
  const variable = Object.hasOwn(KEYS, llm) ? KEYS[llm] : undefined;
  if (variable === undefined) throw new CreateError(`"${llm}" is not a provider that is known here: ${PROVIDERS.join(", ")}.`);
  return variable;
}

function fill(path: string, values: Readonly<Record<string, string>>): void {
  const text = readFileSync(path, "utf8");
  writeFileSync(
    path,
    text.replaceAll(/\{\{(\w+)\}\}/g, (mark, name: string) => values[name] ?? mark),
  );
}

/** All our packages have one version. */
function ownVersion(): string {
  return (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;
}

/** How a script of the project is run. */
export function runOf(packageManager: PackageManager): string {
  return packageManager === "npm" || packageManager === "bun" ? `${packageManager} run` : packageManager;
}

function install(folder: string, { packageManager, onProgress }: CreateOptions): { isInstalled: boolean; output: string } {
  onProgress?.(`Installing with ${packageManager}`);
  const args = packageManager === "npm" ? ["install", "--no-audit", "--no-fund"] : ["install"];
  const { status, stdout, stderr, error } = spawnSync(packageManager, args, {
    cwd: folder,
    encoding: "utf8",
    env: environment(),
    // A package manager is a script there, which only a shell starts.
    shell: process.platform === "win32",
  });
  return { isInstalled: status === 0, output: `${stdout ?? ""}${stderr ?? ""}${error ? String(error) : ""}`.trim() };
}

/** Without what the package manager that runs us has set for its own project. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(?:config_(?:local_prefix|prefix|workspace)|package|lifecycle)/.test(name)),
  );
}

function initGit(folder: string): void {
  const git = (...args: readonly string[]): boolean => spawnSync("git", args, { cwd: folder, stdio: "ignore" }).status === 0;
  if (!git("rev-parse", "--is-inside-work-tree")) git("init", "--quiet");
}
