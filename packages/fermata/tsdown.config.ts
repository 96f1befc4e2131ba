import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "tsdown";
import manifest from "./package.json" with { type: "json" };

const here = dirname(fileURLToPath(import.meta.url));
/** The API page is served from the package itself, so it works without a network. Licences travel with the code. */
const swaggerUi = dirname(fileURLToPath(import.meta.resolve("swagger-ui-dist/package.json")));
const swaggerFiles = [
  "swagger-ui-bundle.js",
  "swagger-ui-bundle.js.LICENSE.txt",
  "swagger-ui.css",
  "favicon-32x32.png",
  "LICENSE",
  "NOTICE",
].map((file) => join(swaggerUi, file));

/**
 * One entry per line of `exports` in package.json: `./dist/agents/index.js` is built from `src/agents/index.ts`.
 * So a new entry point is one line there and nothing here.
 */
function entriesOf(exports: Record<string, string>): Record<string, string> {
  const entries: Record<string, string> = {};
  for (const target of Object.values(exports)) {
    const name = /^\.\/dist\/(.+)\.js$/.exec(target)?.[1];
    if (name === undefined) continue;
    const source = `src/${name}.ts`;
    // publint fails on a line that has no file behind it; until then one missing entry does not stop the others.
    if (existsSync(join(here, source))) entries[name] = source;
    else console.warn(`exports: ${target} has no source (${source})`);
  }
  return entries;
}

export default defineConfig({
  entry: entriesOf(manifest.exports),
  format: "esm",
  platform: "node",
  target: "node22.13",
  fixedExtension: false,
  dts: true,
  sourcemap: false,
  // Comments are for readers of the sources and of the types. In the code one letter beyond Latin-1 has the engine keep all of it at two bytes each.
  outputOptions: { comments: { jsdoc: false } },
  // Only the package's own code is in the output. What it stands on comes from its dependencies.
  deps: { neverBundle: true },
  // How long the bundler's own plugins took is nothing that a reader of the build's output can act on.
  inputOptions: { checks: { bundlerTimings: false } },
  suppressWarnings: "TypeScript 7.0 does not yet have a stable API",
  copy: ({ outDir }) => ({ from: swaggerFiles, to: join(outDir, "assets/swagger-ui") }),
});
