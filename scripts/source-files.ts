import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** The root of the repository. */
export const root = join(import.meta.dirname, "..");

const notOurs = new Set(["node_modules", "dist", "coverage", ".git", ".fermata", ".mastra", "results", "recorded", "fixtures", "template"]);

/** Paths of the files under `folder` whose name `wanted` accepts, relative to the root, with `/`, sorted. A missing folder has none. */
export function filesUnder(folder: string, wanted: (name: string) => boolean): string[] {
  const found: string[] = [];
  const visit = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory()) {
        // A build in progress writes to `dist.<pid>` beside `dist`.
        if (!notOurs.has(entry.name) && !entry.name.startsWith("dist.")) visit(join(path, entry.name));
      } else if (entry.isFile() && wanted(entry.name)) found.push(relative(root, join(path, entry.name)).split(sep).join("/"));
    }
  };
  try {
    visit(join(root, folder));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  return found.toSorted();
}
