import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["client/**/*.test.ts", "openai/**/*.test.ts", "transcripts/**/*.test.ts"],
    // Each file starts a server of its own; one at a time is gentle to small machines.
    fileParallelism: false,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
