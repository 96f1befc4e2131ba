import { defineConfig } from "tsdown";

export default defineConfig({
  entry: { index: "src/index.ts", bin: "src/bin.ts" },
  format: "esm",
  platform: "node",
  target: "node22.13",
  fixedExtension: false,
  dts: true,
  sourcemap: false,
  deps: { neverBundle: true },
  inputOptions: { checks: { bundlerTimings: false } },
  suppressWarnings: "TypeScript 7.0 does not yet have a stable API",
});
