/** Several processes of one server: they share the port and, through the store, everything else. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { build } from "../src/build/build.ts";
import { findProject } from "../src/project.ts";
import { fermata, freePort } from "./support/cli.ts";
import { install, temporaryFolder } from "./support/projects.ts";

const top = temporaryFolder();
let folder = "";
// Where others work the disk as well, this takes its time.
afterAll(() => rmSync(top, { recursive: true, force: true }), 120_000);

const APP = `import { Agent, Mastra, registerApiRoute } from "fermata";
import { Memory } from "fermata/memory";
import { SqliteStore } from "fermata/sqlite";

const memory = new Memory();
const keeper = new Agent({ id: "keeper", name: "Keeper", instructions: "Be brief.", model: "offline", memory });
const reply = (value) => Response.json({ pid: process.pid, ...value }, { headers: { connection: "close" } });
const route = (path, handler) => registerApiRoute(path, { method: "GET", handler });

export const mastra = new Mastra({
  agents: { keeper },
  storage: new SqliteStore({ url: "file:" + process.env.DATA }),
  server: {
    apiRoutes: [
      route("/say", async () => {
        await keeper.generate("Hello.", { memory: { thread: "t-1", resource: "ada" } });
        return reply({});
      }),
      route("/count", async () => reply({ count: (await memory.recall({ threadId: "t-1", resourceId: "ada" })).messages.length })),
      route("/slow", async () => {
        console.error("It has begun.");
        await new Promise((resolve) => process.once("SIGTERM", () => setImmediate(resolve)));
        return reply({ text: "finished" });
      }),
    ],
  },
});
`;

beforeAll(() => {
  folder = mkdtempSync(join(top, "app-"));
  mkdirSync(join(folder, "src/mastra"), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "app", type: "module", dependencies: { fermata: "^0.1.0" } }));
  writeFileSync(join(folder, "src/mastra/index.js"), APP);
  install(folder, "npm");
  build(findProject({ root: folder }));
});

test("what one writes all read, one that is killed is replaced, and a request under way is finished at the end", async () => {
  const port = await freePort();
  const get = async (path: string) =>
    (await (await fetch(`http://127.0.0.1:${port}${path}`)).json()) as { pid: number; count?: number; text?: string };
  /** The counts that each of the processes gives, once as many have answered. */
  const counts = async (processes: number): Promise<Map<number, number | undefined>> => {
    const found = new Map<number, number | undefined>();
    while (found.size < processes) {
      const { pid, count } = await get("/count");
      found.set(pid, count);
    }
    return found;
  };
  await using server = fermata(["start", "--workers", "3"], {
    cwd: folder,
    env: { PORT: String(port), DATA: join(top, "shared.db") },
  });
  await server.until("with 3 processes");
  // A question and an answer each, from as many processes as the system hands them to.
  await Promise.all(Array.from({ length: 9 }, () => get("/say")));
  const before = await counts(3);
  expect([...before.values()]).toEqual([18, 18, 18]);

  const [killed = 0] = before.keys();
  process.kill(killed, "SIGKILL");
  await server.until("A process ended with SIGKILL; another one starts");
  const after = await counts(3);
  expect([...after.values()]).toEqual([18, 18, 18]);
  expect([...after.keys()]).not.toContain(killed);

  const slow = get("/slow");
  await server.until("It has begun.");
  server.child.kill("SIGTERM");
  expect(await slow).toMatchObject({ text: "finished" });
  expect(await server.exited).toBe(0);
  for (const pid of after.keys()) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});
