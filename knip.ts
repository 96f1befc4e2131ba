import type { KnipConfig } from "knip";
import library from "./packages/fermata/package.json" with { type: "json" };

/** The sources behind the library's entry points: `./dist/agents/index.js` is built from `src/agents/index.ts`. */
const entryPoints = Object.values(library.exports)
  .filter((target) => target.startsWith("./dist/"))
  .map((target) => target.replace("./dist/", "src/").replace(/\.js$/, ".ts"));

const config: KnipConfig = {
  ignoreExportsUsedInFile: true,
  // Not imported: one is started by scripts/check.ts, one is what the declarations of @ai-sdk/provider stand on.
  ignoreDependencies: ["@arethetypeswrong/cli", "@types/json-schema"],
  workspaces: {
    ".": {
      entry: [
        "scripts/{on-node,build,build-if-needed,check,check-imports,check-text,ci-summary,conformance,lockfile,fixed-seed,release}.ts",
      ],
      project: ["scripts/**/*.ts", "*.ts"],
    },
    "packages/fermata": {
      // The two of tests are programs that the bench starts.
      entry: [...entryPoints, "test/storage/measure-rows.ts", "test/support/postgres-process.ts"],
      project: ["{src,test}/**/*.ts"],
    },
    "packages/create-fermata": { project: ["{src,test}/**/*.ts"] },
    "packages/cli": {
      entry: ["test/support/{ask,no-network}.mjs"],
      // Tests read the schemas of one, and install projects with the others.
      ignoreDependencies: ["@cyclonedx/cyclonedx-library", "@yarnpkg/cli-dist", "pnpm", "sharp"],
      project: ["{src,test}/**/*.ts"],
      ignore: ["test/fixtures/**"],
    },
    "examples/*": { project: ["**/*.ts"] },
  },
};

export default config;
