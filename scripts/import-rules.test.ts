import { describe, expect, it } from "vitest";
import { findImportFaults } from "./import-rules.ts";

const src = "packages/fermata/src";

/** The messages for one file with this text (and perhaps others beside it). */
function faultsOf(path: string, text: string, others: Record<string, string> = {}): string[] {
  const files = Object.entries({ [path]: text, ...others }).map(([name, content]) => ({ path: name, text: content }));
  return findImportFaults(files).map((fault) => fault.message);
}

describe("what may be imported", () => {
  it.each([
    ["a room to the left", `${src}/runs/log.ts`, `import { open } from "../storage/store.ts";`],
    ["a file of the same room", `${src}/runs/log.ts`, `import { lease } from "./lease.ts";`],
    ["the error table, from every room", `${src}/storage/store.ts`, `import { FermataError } from "../errors.ts";`],
    [
      "types of the error table, from the contract",
      `${src}/contract/routes/agents.ts`,
      `import type { ErrorCode } from "../../errors.ts";`,
    ],
    ["zod, from the contract", `${src}/contract/routes/agents.ts`, `import { z } from "zod";`],
    ["the contract, from the server", `${src}/server/router.ts`, `import { contract } from "../contract/index.ts";`],
    [
      "the client and react, from the hooks",
      `${src}/react/hooks.ts`,
      `import { useMemo } from "react";\nimport { createClient } from "../client/index.ts";`,
    ],
    ["types of the left, from the client", `${src}/client/client.ts`, `import type { Run } from "../runs/run.ts";`],
    ["everything, at the package's edge", `${src}/index.ts`, `export { toHono } from "./adapters/hono.ts";`],
    ["Node, from an adapter", `${src}/adapters/node.ts`, `import { createServer } from "node:http";`],
    ["the embedded database, from its driver", `${src}/storage/sqlite.ts`, `import { DatabaseSync } from "node:sqlite";`],
    ["a room to the right, from a test", `${src}/runs/log.test.ts`, `import { Agent } from "../agents/agent.ts";`],
    ["the library by its name, from an example", "examples/weather/src/main.ts", `import { Mastra } from "fermata";`],
    ["a default export, from a configuration file", "packages/fermata/tsdown.config.ts", "export default {};"],
  ])("%s", (_name, path, text) => {
    expect(faultsOf(path, text)).toEqual([]);
  });
});

describe("what must not be imported", () => {
  it.each([
    ["a room to the right", `${src}/storage/store.ts`, `import { Run } from "../runs/run.ts";`, "to its left alone"],
    ["a room to the right as a type", `${src}/storage/store.ts`, `import type { Run } from "../runs/run.ts";`, "to its left alone"],
    [
      "a room to the right, when asked for late",
      `${src}/storage/store.ts`,
      `const run = await import("../runs/run.ts");`,
      "to its left alone",
    ],
    ["a room to the right, passed on", `${src}/storage/store.ts`, `export { Run } from "../runs/run.ts";`, "to its left alone"],
    ["a room nobody knows", `${src}/helpers/list.ts`, `import { messageOf } from "../errors.ts";`, `no rule names the room "helpers"`],
    ["the package's edge, from a room", `${src}/agents/agent.ts`, `import { Mastra } from "../index.ts";`, "stands at the package's edge"],
    [
      "the contract, from the core",
      `${src}/agents/agent.ts`,
      `import type { Shape } from "../contract/shapes/agent.ts";`,
      "read by server, protocols and client alone",
    ],
    [
      "the core, from the contract",
      `${src}/contract/routes/agents.ts`,
      `import type { Agent } from "../../agents/agent.ts";`,
      "the contract imports zod",
    ],
    [
      "values of the error table, from the contract",
      `${src}/contract/routes/agents.ts`,
      `import { ERROR_STATUS } from "../../errors.ts";`,
      "the contract imports zod",
    ],
    ["another package, from the contract", `${src}/contract/routes/agents.ts`, `import { Hono } from "hono";`, "the contract imports zod"],
    [
      "values of the core, from the client",
      `${src}/client/client.ts`,
      `import { Run } from "../runs/run.ts";`,
      "the client imports the contract and types alone",
    ],
    [
      "a package's values, from the hooks",
      `${src}/react/hooks.ts`,
      `import { z } from "zod";`,
      "the hooks import react, the client and types alone",
    ],
    [
      "a package's values, from the client",
      `${src}/client/client.ts`,
      `import { z } from "zod";`,
      "the client imports the contract and types alone",
    ],
    ["Node, from a room of the core", `${src}/agents/agent.ts`, `import { readFile } from "node:fs/promises";`, "must run without Node"],
    ["Node without its prefix", `${src}/adapters/node.ts`, `import { createServer } from "http";`, `write "node:http"`],
    ["Buffer", `${src}/adapters/node.ts`, `import { Buffer } from "node:buffer";`, "Uint8Array, not Buffer"],
    ["a test, from a source", `${src}/agents/agent.ts`, `import { fake } from "./agent.test.ts";`, "does not import a test"],
    ["a file outside the sources", `${src}/agents/agent.ts`, `import { model } from "../../test/model.ts";`, "nothing from outside"],
    [
      "the library's own name, from inside",
      `${src}/agents/agent.ts`,
      `import { createTool } from "fermata/tools";`,
      "import the file itself",
    ],
    ["values of the provider interface", `${src}/models/call.ts`, `import { APICallError } from "@ai-sdk/provider";`, "only types"],
    [
      "the library's files, from an example",
      "examples/weather/src/main.ts",
      `import { Mastra } from "../../../packages/fermata/src/mastra.ts";`,
      "by its name",
    ],
    ["a file without its extension", `${src}/runs/log.ts`, `import { lease } from "./lease";`, "with .ts"],
  ])("%s", (_name, path, text, message) => {
    const faults = faultsOf(path, text);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(message);
  });

  it("the embedded database in a second file", () => {
    const text = `import { DatabaseSync } from "node:sqlite";`;
    const faults = faultsOf(`${src}/storage/sqlite.ts`, text, { [`${src}/storage/sqlite-vectors.ts`]: text });
    expect(faults).toHaveLength(2);
  });
});

describe("what must not be exported", () => {
  it.each([
    ["a default", "export default 1;", "no default"],
    ["everything of another file", `export * from "./lease.ts";`, "no `export *`"],
    ["everything of another file under a name", `export * as lease from "./lease.ts";`, "no `export *`"],
  ])("%s", (_name, text, message) => {
    expect(faultsOf(`${src}/runs/log.ts`, text).join()).toContain(message);
  });
});

describe("circles", () => {
  it("are found over three files, and named once", () => {
    const faults = faultsOf(`${src}/runs/a.ts`, `import { b } from "./b.ts";`, {
      [`${src}/runs/b.ts`]: `import type { C } from "./c.ts";`,
      [`${src}/runs/c.ts`]: `import { a } from "./a.ts";`,
    });
    expect(faults).toEqual([`circle of imports: ${["a", "b", "c", "a"].map((name) => `${src}/runs/${name}.ts`).join(" -> ")}`]);
  });

  it("are not seen where two files share a third", () => {
    const faults = faultsOf(`${src}/runs/a.ts`, `import { b } from "./b.ts"; import { c } from "./c.ts";`, {
      [`${src}/runs/b.ts`]: `import { c } from "./c.ts";`,
      [`${src}/runs/c.ts`]: "export const c = 1;",
    });
    expect(faults).toEqual([]);
  });
});

it("says the line of a fault", () => {
  const [fault] = findImportFaults([{ path: `${src}/storage/store.ts`, text: `\n\nimport { Run } from "../runs/run.ts";\n` }]);
  expect(fault?.line).toBe(3);
});
