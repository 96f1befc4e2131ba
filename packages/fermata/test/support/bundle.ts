/** Code as a page loads it: one minified file for browsers. */
import { rolldown } from "rolldown";

export interface Bundle {
  readonly code: string;
  /** The files that are in it. */
  readonly modules: readonly string[];
}

const ENTRY = "\0entry";

/** `entry` is the path of a file, or code. @throws Error when something of Node is imported, which no browser has. */
export async function bundle(entry: string | { readonly code: string }): Promise<Bundle> {
  const code = typeof entry === "string" ? undefined : entry.code;
  const build = await rolldown({
    input: typeof entry === "string" ? entry : ENTRY,
    platform: "browser",
    transform: { define: { "process.env.NODE_ENV": '"production"' } },
    plugins: [
      {
        name: "entry",
        resolveId(id) {
          if (id.startsWith("node:")) throw new Error(`A browser has no ${id}`);
          return id === ENTRY ? id : null;
        },
        load: (id) => (id === ENTRY && code !== undefined ? { code, moduleType: "ts" } : null),
      },
    ],
  });
  const { output } = await build.generate({ format: "esm", minify: true });
  const [chunk] = output;
  await build.close();
  return { code: chunk.code, modules: Object.keys(chunk.modules).filter((id) => id !== ENTRY) };
}
