/** The app's instance in this very process, for commands that look at it without serving it. */
import { pathToFileURL } from "node:url";
import { createResolver } from "./compile/resolve.ts";
import { applyEnv, readEnvFiles } from "./env-files.ts";
import { findLibrary } from "./library.ts";
import type { Project } from "./project.ts";
import { CommandError } from "./terminal/usage-error.ts";

/** What commands use of the instance. Which version made it is the app's affair, so everything beyond this is looked for first. */
export interface Instance {
  getServer(): { readonly host?: string; readonly auth?: unknown; readonly apiPrefix?: string };
  getStorage(): Storage | undefined;
  listMemory(): Readonly<Record<string, { readonly storage?: Storage }>>;
  listAgents(): Readonly<Record<string, AgentView>>;
}

export interface Storage {
  readonly id: string;
  init(): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
  /** Where tables are brought up to date by a command of its own. */
  migrate?(): Promise<void>;
}

export interface AgentView {
  getModels(): Promise<readonly { readonly model: { readonly provider: string; readonly modelId: string } }[]>;
}

export interface LoadedApp {
  readonly mastra: Instance;
  /** The library's entry point of this name, as the app has it. */
  library(entry: "fermata/server" | "fermata/package.json"): Promise<Readonly<Record<string, unknown>>>;
}

export interface LoadOptions {
  readonly mode: "development" | "production";
  readonly env?: string | undefined;
}

/** @throws SourceError or whatever the app's code throws; CommandError when it exports no instance. */
export async function loadApp(project: Project, { mode, env }: LoadOptions): Promise<LoadedApp> {
  applyEnv(readEnvFiles(project.root, mode, env).values);
  process.env.NODE_ENV ||= mode;
  process.setSourceMapsEnabled(true);
  const { isOwn } = await import("./dev/register.ts");
  isOwn(project.entry);
  const app = (await import(pathToFileURL(project.entry).href)) as { mastra?: Instance; default?: Instance };
  const mastra = app.mastra ?? app.default;
  if (typeof mastra?.getServer !== "function")
    throw new CommandError(`${project.entry} exports no instance: export const mastra = new Mastra({ … }).`);
  return {
    mastra,
    async library(entry) {
      const resolver = createResolver();
      const path = resolver.findAsNode(findLibrary(project, resolver).importer, entry, "import");
      if (path === undefined) throw new CommandError(`The app's "fermata" has no ${entry}: it is too old for this command. Update it.`);
      const module: unknown = await import(pathToFileURL(path).href, entry.endsWith(".json") ? { with: { type: "json" } } : {});
      return module as Readonly<Record<string, unknown>>; // a module is a record of its exports
    },
  };
}

/** Every store that the instance keeps something in, once. */
export function storagesOf(mastra: Instance): Storage[] {
  const all = [mastra.getStorage(), ...Object.values(mastra.listMemory()).map(({ storage }) => storage)];
  return [...new Set(all.filter((storage) => storage !== undefined))];
}

/** Lets go of what the instance holds, so that the process can end. */
export async function closeAll(mastra: Instance): Promise<void> {
  await Promise.allSettled(storagesOf(mastra).map((storage) => storage.close()));
}
