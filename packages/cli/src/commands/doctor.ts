import { command } from "../command.ts";
import { findPackage, readManifest, type PackagePlace } from "../compile/resolve.ts";
import { EXIT } from "../exit.ts";
import { closeAll, loadApp, storagesOf, type LoadedApp } from "../load-app.ts";
import { findLibrary } from "../library.ts";
import { findProject, type Project } from "../project.ts";
import { version } from "../version.ts";

interface Finding {
  readonly check: string;
  readonly state: "ok" | "warning" | "failed";
  readonly text: string;
}

export const doctorCommand = command({
  name: "doctor",
  summary: "Looks for what would go wrong: versions, storage, models, auth, isolation",
  options: {
    dir: { type: "string", short: "d", value: "folder", help: "where the instance is (default: src/mastra)" },
    root: { type: "string", short: "r", value: "folder", help: "the project (default: this folder)" },
    env: { type: "string", short: "e", value: "file", help: "read this env file and no other" },
    production: { type: "boolean", help: "as it would run in production: its env files, its strictness" },
    host: { type: "string", value: "address", help: "where it would listen, when neither the app nor MASTRA_HOST says so" },
    json: { type: "boolean", help: "as JSON" },
  },
  more: "It ends with 3 when something failed; warnings alone end with 0. No model is called and nothing is written, but stores are opened.",
  async run({ values, terminal }) {
    const project = findProject({ root: values.root, dir: values.dir });
    const findings: Finding[] = versions(project);
    const app = await loaded(project, values.production ? "production" : "development", values.env, findings);
    if (app) {
      const host = app.mastra.getServer().host ?? process.env.MASTRA_HOST ?? values.host ?? "localhost";
      findings.push(...(await storage(app)), ...(await models(app)), ...(await access(app, host)));
      await closeAll(app.mastra);
    }
    const failed = findings.filter(({ state }) => state === "failed").length;
    if (values.json) terminal.say(JSON.stringify({ ok: failed === 0, findings }));
    else {
      const { green, yellow, red } = terminal.paint;
      const marks = { ok: green("ok     "), warning: yellow("warning"), failed: red("FAILED ") };
      for (const { check, state, text } of findings) terminal.say(`${marks[state]}  ${check.padEnd(10)} ${text}`);
    }
    return failed === 0 ? EXIT.done : EXIT.found;
  },
});

const ok = (check: string, text: string): Finding => ({ check, state: "ok", text });
const warning = (check: string, text: string): Finding => ({ check, state: "warning", text });
const failure = (check: string, text: string): Finding => ({ check, state: "failed", text });

function versions(project: Project): Finding[] {
  const found: Finding[] = [ok("node", process.version)];
  let library: PackagePlace;
  try {
    library = findLibrary(project).place;
  } catch (error) {
    return [...found, failure("fermata", reasonOf(error))];
  }
  const own = readManifest(library.folder)?.version;
  const text = `${own}, command line ${version()}`;
  found.push(own === version() ? ok("fermata", text) : warning("fermata", `${text}: give both one version`));
  const second = findPackage(project.root, "fermata");
  if (second && second.folder !== library.folder)
    found.push(warning("fermata", `is installed twice: ${library.folder} and ${second.folder}`));
  return found;
}

async function loaded(
  project: Project,
  mode: "development" | "production",
  env: string | undefined,
  findings: Finding[],
): Promise<LoadedApp | undefined> {
  try {
    const app = await loadApp(project, { mode, env });
    findings.push(ok("instance", project.entry));
    return app;
  } catch (error) {
    findings.push(failure("instance", reasonOf(error)));
    return undefined;
  }
}

async function storage({ mastra }: LoadedApp): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const one of storagesOf(mastra)) {
    const name = `${one.constructor.name} "${one.id}"`;
    if (one.constructor.name === "MemoryStore") continue;
    try {
      await one.init();
      await one.ping();
      found.push(ok("storage", `${name} answers, and its tables are up to date`));
    } catch (error) {
      found.push(failure("storage", `${name}: ${reasonOf(error)}`));
    }
  }
  return found.length > 0
    ? found
    : [warning("storage", "none: threads and runs are lost when the process ends, and processes share nothing")];
}

async function models({ mastra }: LoadedApp): Promise<Finding[]> {
  return Promise.all(
    Object.entries(mastra.listAgents()).map(async ([key, agent]) => {
      try {
        const [first] = await agent.getModels();
        if (!first) return failure("model", `${key} has none`);
        const name = `${first.model.provider}/${first.model.modelId}`;
        return first.model.provider === "fermata.offline"
          ? warning("model", `${key} answers by fixed rules, because no key is set`)
          : ok("model", `${key} asks ${name}`);
      } catch (error) {
        return failure("model", `${key}: ${reasonOf(error)}`);
      }
    }),
  );
}

interface Access {
  /** Says what is wrong with listening there, if anything is. */
  readonly exposureWarning: (mastra: unknown, host: string) => string | undefined;
  readonly listRouteAccess: (mastra: unknown) => readonly { readonly path: string; readonly method: string; readonly access: string }[];
}

async function access({ mastra, library }: LoadedApp, host: string): Promise<Finding[]> {
  // The table and the rule are those of the app's own version.
  const { exposureWarning, listRouteAccess } = (await library("fermata/server")) as unknown as Access;
  const exposed = exposureWarning(mastra, host);
  if (exposed !== undefined) return [failure("auth", exposed), isolation(false)];
  if (mastra.getServer().auth === undefined)
    return [warning("auth", `none, and it listens on ${host} alone: whoever reaches it may do everything`), isolation(false)];
  const open = listRouteAccess(mastra).filter((route) => route.access !== "required");
  const names = open.map(({ method, path }) => `${method} ${path}`);
  return [ok("auth", `callers must be known, but for ${names.length} routes: ${names.join(", ")}`), isolation(true)];
}

function isolation(hasAuth: boolean): Finding {
  return hasAuth
    ? ok("isolation", "threads and runs are reached by their owner alone; `fermata routes` shows what each route reaches")
    : warning("isolation", "without auth all callers are one: everybody reaches every thread and run");
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
