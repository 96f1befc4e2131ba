/** Making a project, for the command line and other programs. */
export { create, CreateError, PACKAGE_MANAGERS, PROVIDERS, runOf } from "./create.ts";
export type { Created, CreateOptions, PackageManager } from "./create.ts";
export { runCreate } from "./run-create.ts";
export type { CreateFlags } from "./run-create.ts";
