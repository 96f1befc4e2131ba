import { help, nearest, parse, type AnyCommand } from "./command.ts";
import { SourceError } from "./compile/source-error.ts";
import { EXIT } from "./exit.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { CommandError, UsageError } from "./terminal/usage-error.ts";
import { version } from "./version.ts";

/** Each is loaded when it is called for. */
const COMMANDS: Readonly<Record<string, () => Promise<AnyCommand>>> = {
  create: async () => (await import("./commands/create.ts")).createCommand,
  dev: async () => (await import("./commands/dev.ts")).devCommand,
  build: async () => (await import("./commands/build.ts")).buildCommand,
  start: async () => (await import("./commands/start.ts")).startCommand,
  api: async () => (await import("./commands/api.ts")).apiCommand,
  routes: async () => (await import("./commands/routes.ts")).routesCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
  migrate: async () => (await import("./commands/migrate.ts")).migrateCommand,
  studio: async () => (await import("./commands/studio.ts")).studioCommand,
};

/** Runs the command that `args` name. Resolves to the exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const [name, ...rest] = args;
    if (name === undefined || name === "help" || name === "--help" || name === "-h") {
      const [about] = rest;
      if (name === "help" && about !== undefined) terminal.say(help(await loadCommand(about)));
      else terminal.say(await overview());
      return name === undefined ? EXIT.misused : EXIT.done;
    }
    if (name === "--version" || name === "-v" || name === "version") {
      terminal.say(version());
      return EXIT.done;
    }
    const command = await loadCommand(name);
    const { values, positionals } = parse(command, rest);
    if (values["help"] === true) {
      terminal.say(help(command));
      return EXIT.done;
    }
    return (await command.run({ values, positionals, terminal })) ?? EXIT.done;
  } catch (error) {
    return report(error, terminal);
  }
}

/** @throws UsageError for a name that is none. */
export async function loadCommand(name: string): Promise<AnyCommand> {
  const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (found) return found();
  const near = nearest(name, Object.keys(COMMANDS));
  throw new UsageError(`There is no command "${name}".${near === undefined ? "" : ` Did you mean "${near}"?`} See \`fermata --help\`.`);
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()));
  return [
    "Fermata: a server for agents and workflows.",
    "",
    "  fermata <command> [options]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`),
    "",
    "  fermata <command> --help says more. fermata --version says which version this is.",
    "  It ends with 0 when all went well, 1 when the work failed, 2 when it was not understood, 3 when a check found something.",
    "  Nothing is sent anywhere: there is no telemetry.",
  ].join("\n");
}

/** Says what went wrong. A stack is shown for faults of ours and of the app's code alone. */
export function report(error: unknown, terminal: Terminal): number {
  const { red } = terminal.paint;
  if (error instanceof UsageError) {
    terminal.note(red(error.message));
    return EXIT.misused;
  }
  if (error instanceof SourceError || error instanceof CommandError) terminal.note(red(error.message));
  else if (error instanceof Error && "code" in error && error.name === "FermataError") terminal.note(red(error.message));
  else terminal.note(red(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  return EXIT.failed;
}
