#!/usr/bin/env node
import { parseArgs } from "node:util";
import { PROVIDERS } from "./create.ts";
import { runCreate } from "./run-create.ts";

const HELP = `Makes a Fermata project that runs at once.

  npm create fermata@latest [name] -- [options]

  -l, --llm <provider>         the provider whose key goes into .env: ${PROVIDERS.join(", ")}
  -k, --llm-api-key <key>      the key
      --package-manager <name> npm, pnpm, yarn or bun (default: the one that runs this)
      --no-install             does not install the packages
      --no-git                 does not make a git repository
  -y, --yes                    asks nothing
`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    allowNegative: true,
    options: {
      llm: { type: "string", short: "l" },
      "llm-api-key": { type: "string", short: "k" },
      "package-manager": { type: "string" },
      install: { type: "boolean" },
      git: { type: "boolean" },
      yes: { type: "boolean", short: "y" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) process.stdout.write(HELP);
  else process.exitCode = await runCreate(positionals[0], values);
} catch (error) {
  if (!(error instanceof TypeError && "code" in error)) throw error;
  process.stderr.write(`${error.message}\n\n${HELP}`);
  process.exitCode = 2;
}
