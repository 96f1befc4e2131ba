import { defineConfig } from "vitest/config";

/** The suites of the official client. They run a second time, unchanged, with ours in its place. */
const clientSuites = ["client/**/*.test.ts", "openai/official-client.test.ts"];

/** `CONFORMANCE_ADAPTER`: the framework that the application is served on. `all`: the official client's suites on each of them, one after the other. */
const ADAPTERS = ["hono", "fetch", "node", "express", "fastify", "koa", "nest"];
const onEach = process.env["CONFORMANCE_ADAPTER"] === "all";

export default defineConfig({
  test: {
    // Each file starts a server of its own; one at a time is gentle to small machines.
    fileParallelism: false,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    projects: onEach
      ? ADAPTERS.map((adapter) => ({
          extends: true,
          test: { name: `official clients on ${adapter}`, include: clientSuites, env: { CONFORMANCE_ADAPTER: adapter } },
        }))
      : [
          {
            extends: true,
            test: {
              name: "official clients",
              include: [...clientSuites, "openai/**/*.test.ts", "transcripts/**/*.test.ts", "methods/**/*.test.ts"],
            },
          },
          {
            extends: true,
            resolve: { alias: { "@mastra/client-js": "fermata/client" } },
            test: { name: "our MastraClient", include: clientSuites },
          },
        ],
  },
});
