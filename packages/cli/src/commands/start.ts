import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { command } from "../command.ts";
import { applyEnv, readEnvFiles } from "../env-files.ts";
import { runWorkers } from "../start/workers.ts";
import { UsageError } from "../terminal/usage-error.ts";

export const startCommand = command({
  name: "start",
  summary: "Runs what build made",
  options: {
    dir: { type: "string", short: "d", value: "folder", help: "the output (default: .mastra/output)" },
    env: { type: "string", short: "e", value: "file", help: "read this env file and no other" },
    workers: { type: "string", short: "w", value: "number", help: "processes that share the port and the store (default: 1)" },
    port: { type: "string", short: "p", value: "number", help: "where to listen, when the app does not say (same as PORT)" },
    host: { type: "string", value: "address", help: "likewise (same as MASTRA_HOST)" },
  },
  more: `Env files: .env.production, .env.local, .env; a variable is taken from the first that names it, and the environment goes before all.
\`server.port\` and \`server.host\` of the app go before PORT and MASTRA_HOST. SIGTERM and SIGINT stop it after the requests under way.`,
  async run({ values, terminal }) {
    const folder = resolve(values.dir ?? join(".mastra", "output"));
    const entry = join(folder, "index.mjs");
    if (!existsSync(entry))
      throw new UsageError(`There is no ${relative(process.cwd(), entry)}: run \`fermata build\` first, or name the output with --dir.`);
    const workers = wholeNumber("--workers", values.workers) ?? 1;
    if (workers < 1) throw new UsageError("--workers must be 1 or more.");
    if (values.port !== undefined) process.env.PORT = String(wholeNumber("--port", values.port));
    if (values.host !== undefined) process.env.MASTRA_HOST = values.host;
    applyEnv(readEnvFiles(process.cwd(), "production", values.env).values);
    process.env.NODE_ENV ||= "production";
    if (workers > 1) return runWorkers(entry, workers, terminal);
    // The entry that `build` made exports its server.
    const { server } = (await import(pathToFileURL(entry).href)) as { server: { url: string } };
    terminal.note(`Listening on ${server.url}`);
    return undefined;
  },
});

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new UsageError(`${option} must be a whole number, not "${text}".`);
  return Number(text);
}
