import type { Project } from "../project.ts";
import type { BuildOptions, BuildResult } from "./build.ts";
export async function bundle(_project: Project, _options: BuildOptions): Promise<BuildResult> {
  throw new Error("todo");
}
