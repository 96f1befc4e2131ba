/** The commands as functions, for scripts and tools. */
export { build } from "./build/build.ts";
export type { BuildOptions, BuildResult } from "./build/build.ts";
export { SourceError } from "./compile/source-error.ts";
export { findProject } from "./project.ts";
export type { Project, ProjectOptions } from "./project.ts";
export { CommandError, UsageError } from "./terminal/usage-error.ts";
