import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { command } from "../command.ts";
import { selfSigned } from "../dev/certificate.ts";
import { Dev } from "../dev/dev.ts";
import { findProject } from "../project.ts";
import { UsageError } from "../terminal/usage-error.ts";

const DEFAULT_INSPECTOR = "127.0.0.1:9229";

export const devCommand = command({
  name: "dev",
  summary: "Serves the app, and serves it anew at every change",
  options: {
    dir: { type: "string", short: "d", value: "folder", help: "where the instance is (default: src/mastra)" },
    root: { type: "string", short: "r", value: "folder", help: "the project (default: this folder)" },
    env: { type: "string", short: "e", value: "file", help: "read this env file and no other" },
    inspect: { type: "string", short: "i", value: "[host:]port", otherwise: DEFAULT_INSPECTOR, help: "let a debugger in (default: 9229)" },
    "inspect-brk": { type: "string", short: "b", value: "[host:]port", otherwise: DEFAULT_INSPECTOR, help: "likewise, and wait for it" },
    https: { type: "boolean", short: "s", help: "serve HTTPS, with a certificate made for localhost" },
    "request-context-presets": { type: "string", value: "file", help: "a JSON file of request contexts by name" },
    "type-check": { type: "boolean", help: "check types beside the server (default; --no-type-check does not)" },
  },
  more: `Env files: .env.development, .env.local, .env; a variable is taken from the first that names it, and the environment goes before all.
The OpenAPI document and Swagger UI are on, and pages of this machine may call the API. The server of before serves until the next one is up, so a fault in
a change stops nothing. One dev server per project.`,
  async run({ values, terminal }) {
    const project = findProject({ root: values.root, dir: values.dir });
    const presets = values["request-context-presets"];
    const dev = await Dev.run(
      project,
      {
        env: values.env === undefined ? undefined : resolve(values.env),
        inspect: inspectorAt(values.inspect, false) ?? inspectorAt(values["inspect-brk"], true),
        certificate: values.https ? selfSigned(["localhost", "127.0.0.1", "::1"]) : undefined,
        requestContextPresets: presets === undefined ? undefined : readPresets(presets),
        typeCheck: values["type-check"] ?? true,
      },
      terminal,
    );
    await new Promise<void>((resolve) => {
      const stop = (): void => void dev.stop().then(resolve);
      process.once("SIGINT", stop);
      process.once("SIGTERM", stop);
      void dev.stopped.then(resolve);
    });
    return Number(process.exitCode ?? 0);
  },
});

function inspectorAt(text: string | undefined, wait: boolean) {
  if (text === undefined) return undefined;
  const [, host = "127.0.0.1", port = "9229"] = /^(?:(.+):)?(\d+)$/.exec(text) ?? [undefined, text, undefined];
  return { host, port: Number(port), wait };
}

/** Checked here, so that a fault in the file is not found out at the first request. */
function readPresets(path: string): string {
  let presets: unknown;
  try {
    presets = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UsageError(`${path} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const isRight =
    typeof presets === "object" && presets !== null && Object.values(presets).every((one) => typeof one === "object" && one !== null);
  if (!isRight || Array.isArray(presets)) throw new UsageError(`${path} must hold an object of request contexts by name.`);
  return JSON.stringify(presets);
}
