import { command } from "../command.ts";
import { closeAll, loadApp, storagesOf, type Storage } from "../load-app.ts";
import { EXIT } from "../exit.ts";
import { findProject } from "../project.ts";
import { CommandError } from "../terminal/usage-error.ts";

interface Outcome {
  readonly id: string;
  readonly kind: string;
  readonly state: "up to date" | "behind";
  readonly reason?: string;
}

export const migrateCommand = command({
  name: "migrate",
  summary: "Brings the tables of the app's stores up to date",
  options: {
    dir: { type: "string", short: "d", value: "folder", help: "where the instance is (default: src/mastra)" },
    root: { type: "string", short: "r", value: "folder", help: "the project (default: this folder)" },
    env: { type: "string", short: "e", value: "file", help: "read this env file and no other" },
    check: { type: "boolean", help: "change nothing; end with 3 when tables are behind" },
    yes: { type: "boolean", short: "y", help: "for scripts that say so: nothing is asked" },
    json: { type: "boolean", help: "as JSON" },
  },
  more: `Run it before a new version of the server starts: in production a server whose tables are behind refuses to start.
Several at once do no harm: one does the work, the others find it done. PostgreSQL is migrated in one transaction. SQLite files bring
themselves up to date when they are opened. Where only the output of \`fermata build\` is: \`node migrate.mjs\` beside its index.mjs.`,
  async run({ values, terminal }) {
    const project = findProject({ root: values.root, dir: values.dir });
    const { mastra } = await loadApp(project, { mode: "production", env: values.env });
    const storages = storagesOf(mastra);
    if (storages.length === 0) throw new CommandError("The app has no storage: there is nothing to migrate.");
    const outcomes: Outcome[] = [];
    try {
      for (const storage of storages) outcomes.push(await bringUpToDate(storage, values.check ?? false));
    } finally {
      await closeAll(mastra);
    }
    if (values.json) terminal.say(JSON.stringify({ storages: outcomes }));
    else
      for (const { id, kind, state, reason } of outcomes)
        terminal.say(`${kind} "${id}" is ${state}.${reason === undefined ? "" : ` ${reason}`}`);
    return outcomes.some(({ state }) => state === "behind") ? EXIT.found : EXIT.done;
  },
});

async function bringUpToDate(storage: Storage, isCheck: boolean): Promise<Outcome> {
  const about = { id: storage.id, kind: storage.constructor.name };
  if (!isCheck && storage.migrate) await storage.migrate();
  try {
    await storage.init();
    return { ...about, state: "up to date" };
  } catch (error) {
    // In production a store says so instead of changing its tables.
    const isBehind =
      isCheck && error instanceof Error && "code" in error && error.code === "MISCONFIGURED" && error.message.includes("behind");
    if (!isBehind) throw error;
    return { ...about, state: "behind", reason: error.message };
  }
}
