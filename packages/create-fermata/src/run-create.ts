/** The command: asks what it was not told, makes the project, and says what to do next. */
import { relative } from "node:path";
import { createInterface } from "node:readline/promises";
import { create, CreateError, PACKAGE_MANAGERS, runOf, type PackageManager } from "./create.ts";

export interface CreateFlags {
  readonly llm?: string | undefined;
  readonly "llm-api-key"?: string | undefined;
  readonly "package-manager"?: string | undefined;
  readonly install?: boolean | undefined;
  readonly git?: boolean | undefined;
  readonly yes?: boolean | undefined;
}

const DEFAULT_NAME = "my-fermata-app";

/** Resolves to the exit code: 0, 1 when installing failed, 2 for what cannot be done as it was asked. */
export async function runCreate(name: string | undefined, flags: CreateFlags): Promise<number> {
  try {
    const folder = name ?? (await askName(flags.yes ?? false));
    const packageManager = managerOf(flags["package-manager"]);
    const created = create({
      folder,
      llm: flags.llm,
      llmApiKey: flags["llm-api-key"],
      packageManager,
      install: flags.install ?? true,
      git: flags.git ?? true,
      onProgress: (what) => process.stderr.isTTY && process.stderr.write(`${what} …\n`),
    });
    const where = relative(process.cwd(), created.folder) || ".";
    if (!created.isInstalled) {
      process.stderr.write(
        `${created.installOutput}\n\nThe project is in ${where}. Its packages could not be installed: try ${packageManager} install there.\n`,
      );
      return 1;
    }
    const steps = [
      where === "." ? undefined : `cd ${where}`,
      flags.install === false ? `${packageManager} install` : undefined,
      `${runOf(packageManager)} dev`,
    ];
    process.stdout.write(
      `Made ${created.name}. Next:\n\n${steps
        .filter((step) => step !== undefined)
        .map((step) => `  ${step}\n`)
        .join("")}`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof CreateError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

async function askName(isSilent: boolean): Promise<string> {
  if (isSilent || !process.stdin.isTTY) return DEFAULT_NAME;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(`What is the project's name? (${DEFAULT_NAME}) `)).trim() || DEFAULT_NAME;
  } finally {
    lines.close();
  }
}

/** The one that was named, else the one that runs this. */
function managerOf(named: string | undefined): PackageManager {
  const running = process.env.npm_config_user_agent?.split("/")[0];
  const found = PACKAGE_MANAGERS.find((one) => one === (named ?? running));
  if (found) return found;
  if (named !== undefined) throw new CreateError(`"${named}" is not a package manager that is known here: ${PACKAGE_MANAGERS.join(", ")}.`);
  return "npm";
}
