import { command } from "../command.ts";
import { closeAll, loadApp } from "../load-app.ts";
import { findProject } from "../project.ts";
import { table } from "../terminal/table.ts";

interface RouteLine {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly access: string;
  readonly permission: string | null;
  readonly owner: string;
  readonly limits: string;
}

export const routesCommand = command({
  name: "routes",
  summary: "Shows every route, and who may call it",
  takes: "[words]",
  maxWords: 8,
  options: {
    dir: { type: "string", short: "d", value: "folder", help: "where the instance is (default: src/mastra)" },
    root: { type: "string", short: "r", value: "folder", help: "the project (default: this folder)" },
    env: { type: "string", short: "e", value: "file", help: "read this env file and no other" },
    json: { type: "boolean", help: "as JSON" },
  },
  more: `Words pick the routes whose line holds all of them: \`fermata routes memory required\`.
access: open means that the server has no authentication, public that everybody may call it, required that the caller must be known.`,
  async run({ values, positionals, terminal }) {
    const project = findProject({ root: values.root, dir: values.dir });
    const { mastra, library } = await loadApp(project, { mode: "development", env: values.env });
    // `fermata/server` gives the table of the app's own version.
    const { listRouteAccess } = (await library("fermata/server")) as { listRouteAccess: (mastra: unknown) => readonly RouteLine[] };
    const all = listRouteAccess(mastra);
    const chosen = all.filter((route) =>
      positionals.every((word) => Object.values(route).join(" ").toLowerCase().includes(word.toLowerCase())),
    );
    if (values.json) terminal.say(JSON.stringify({ routes: chosen }));
    else {
      const rows = chosen.map((route) => [route.method, route.path, route.access, route.permission ?? "-", route.owner, route.limits]);
      terminal.say(table(["METHOD", "PATH", "ACCESS", "PERMISSION", "REACHES", "LIMITS"], rows));
      terminal.note(`${chosen.length} of ${all.length} routes`);
    }
    await closeAll(mastra);
  },
});
