import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/{src,test}/**/*.test.ts", "examples/*/**/*.test.ts", "scripts/**/*.test.ts", "bench/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/dist.*/**", "**/test/fixtures/**"],
    // A gate that fails by chance teaches to look away.
    setupFiles: process.env.CI ? ["scripts/fixed-seed.ts"] : [],
    pool: "forks",
    testTimeout: 20_000,
    hookTimeout: 20_000,
    unstubEnvs: true,
    unstubGlobals: true,
  },
});
