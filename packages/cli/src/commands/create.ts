import { PROVIDERS, runCreate } from "create-fermata";
import { command } from "../command.ts";

export const createCommand = command({
  name: "create",
  summary: "Makes a project that runs at once",
  takes: "[name]",
  maxWords: 1,
  options: {
    llm: { type: "string", short: "l", value: "provider", help: `whose key goes into .env: ${PROVIDERS.join(", ")}` },
    "llm-api-key": { type: "string", short: "k", value: "key", help: "the key" },
    "package-manager": { type: "string", value: "name", help: "npm, pnpm, yarn or bun (default: the one that runs this)" },
    install: { type: "boolean", help: "install the packages (default; --no-install does not)" },
    git: { type: "boolean", help: "make a git repository (default; --no-git does not)" },
    yes: { type: "boolean", short: "y", help: "ask nothing" },
  },
  more: "The project has an agent, a tool, a workflow, memory on SQLite, and tests. It needs no key. The same as `npm create fermata`.",
  run: ({ values, positionals: [name] }) => runCreate(name, values),
});
