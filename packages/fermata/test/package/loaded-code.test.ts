import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));

/** The package's own files that importing `entry` loads. */
function loadedWith(entry: string, known = new Set<string>()): Set<string> {
  if (known.has(entry)) return known;
  known.add(entry);
  for (const [, path] of readFileSync(entry, "utf8").matchAll(/^(?:import|export)\b[^;]*?["'](\.[^"']+\.js)["'];/gm)) {
    if (path !== undefined) loadedWith(join(dirname(entry), path), known);
  }
  return known;
}

describe("the code that a server loads", () => {
  it.each(["index.js", "adapters/hono.js", "memory/index.js", "storage/sqlite/index.js", "storage/postgres/index.js"])(
    "%s holds no letter that would have the engine keep it at two bytes a letter",
    (entry) => {
      const files = [...loadedWith(join(dist, entry))];
      expect(files.length).toBeGreaterThan(3);
      expect(files.filter((file) => /[^\0-\xff]/.test(readFileSync(file, "utf8")))).toEqual([]);
    },
  );
});
