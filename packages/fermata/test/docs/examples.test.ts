/** The examples that the documents quote do what is said of them. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { root } from "./pages.ts";

const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

function start(name: string, env: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(process.execPath, [`${root}docs/examples/${name}`], {
    env: { PATH: process.env.PATH, FERMATA_MODEL: "offline", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  return child;
}

/** Where the example says that it listens. */
async function addressOf(child: ChildProcess): Promise<string> {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (part: string) => (text += part));
  for (;;) {
    const [url] = /http:\/\/[^\s/]+(?=\s)/.exec(text) ?? [];
    if (url !== undefined) return url;
    await Promise.race([once(child.stdout!, "data"), once(child.stderr!, "data")]);
  }
}

test("the minimal server answers with its tool", async () => {
  const url = await addressOf(start("minimal.ts", { PORT: "0", MASTRA_HOST: "127.0.0.1" }));
  const reply = await ask(`${url}/api/agents/guide/generate`, "How many km are 26.2 miles?");
  expect(reply).toMatchObject({
    finishReason: "stop",
    toolResults: [{ payload: { toolName: "miles_to_km", result: { km: expect.closeTo(42.16, 2) } } }],
  });
});

test("the own Hono app has its page and the routes below its prefix", async () => {
  const url = await addressOf(start("own-app.ts", { PORT: "0" }));
  expect(await (await fetch(url)).text()).toBe("My own page");
  expect(Object.keys((await (await fetch(`${url}/ai/agents`)).json()) as object)).toEqual(["guide"]);
  expect((await fetch(`${url}/ai/openapi.json`)).status).toBe(200);
});

test("the approval example waits, and goes on when it is approved", async () => {
  const child = start("approval.ts", {});
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (part: string) => (text += part));
  const [code] = (await once(child, "close")) as [number];
  expect(code).toBe(0);
  expect(text).toContain("suspended");
  expect(text).toContain("toolName: 'refund_order'");
  expect(text.trimEnd().split("\n").at(-1)).toContain("A-1042");
});

async function ask(url: string, messages: string): Promise<unknown> {
  const reply = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ messages }) });
  return reply.json();
}
