import { defineConfig } from "tsdown";

export default defineConfig({
  // What the commands start as processes of their own are files of their own.
  entry: {
    index: "src/index.ts",
    bin: "src/bin.ts",
    "dev/register": "src/dev/register.ts",
    "dev/server-process": "src/dev/server-process.ts",
  },
  format: "esm",
  platform: "node",
  target: "node22.15",
  fixedExtension: false,
  dts: true,
  sourcemap: false,
  deps: { neverBundle: true },
  inputOptions: { checks: { bundlerTimings: false } },
  suppressWarnings: "TypeScript 7.0 does not yet have a stable API",
});
