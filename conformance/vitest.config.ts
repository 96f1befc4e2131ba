import { defineConfig } from "vitest/config";

/** The suites of the official client. They run a second time, unchanged, with ours in its place. */
const clientSuites = ["client/**/*.test.ts", "openai/official-client.test.ts"];

export default defineConfig({
  test: {
    // Each file starts a server of its own; one at a time is gentle to small machines.
    fileParallelism: false,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    projects: [
      { extends: true, test: { name: "official clients", include: [...clientSuites, "openai/**/*.test.ts", "transcripts/**/*.test.ts"] } },
      {
        extends: true,
        resolve: { alias: { "@mastra/client-js": "fermata/client" } },
        test: { name: "our MastraClient", include: clientSuites },
      },
    ],
  },
});
