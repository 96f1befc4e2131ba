import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/{src,test}/**/*.test.ts", "examples/*/**/*.test.ts", "scripts/**/*.test.ts", "bench/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/dist.*/**", "**/test/fixtures/**"],
    // A gate that fails by chance teaches to look away.
    setupFiles: process.env.CI ? ["scripts/fixed-seed.ts"] : [],
    pool: "forks",
    // Half of the time is waiting for leases, processes and servers: on two cores, two files at a time take two thirds of it.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 20_000,
    hookTimeout: 20_000,
    unstubEnvs: true,
    unstubGlobals: true,
  },
});
