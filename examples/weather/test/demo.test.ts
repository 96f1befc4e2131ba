/** The demo as its user sees it: a process of its own, on a free port, without keys. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const started: ChildProcessWithoutNullStreams[] = [];

/** Only what a process needs: a key of whoever runs the tests must not change what answers. */
const ENVIRONMENT = { PATH: process.env.PATH, FERMATA_MODEL: "offline", MASTRA_HOST: "127.0.0.1", PORT: "0" };

interface Demo {
  readonly child: ChildProcessWithoutNullStreams;
  readonly exit: Promise<number | null>;
  text(): string;
  /** Resolves when the output holds `part`; rejects when the process ends without it. */
  until(part: string): Promise<string>;
}

function startDemo(args: readonly string[], env: NodeJS.ProcessEnv = {}): Demo {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...ENVIRONMENT, ...env } });
  started.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part: string) => (text += part));
  const exit = once(child, "close").then(([code]: (number | null)[]) => code ?? null);
  const until = async (part: string): Promise<string> => {
    while (!text.includes(part)) {
      const ended = await Promise.race([once(child.stdout, "data").then(() => false), exit.then(() => true)]);
      if (ended && !text.includes(part)) throw new Error(`The demo ended without "${part}":\n${text}`);
    }
    return text;
  };
  return { child, exit, text: () => text, until };
}

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

test("with --once the demo shows question, tool call, result and answer, and ends well", async () => {
  const demo = startDemo(["--once"]);
  expect(await demo.exit).toBe(0);
  const text = demo.text();
  expect(text).toContain("serves the weather agent on http://127.0.0.1:");
  expect(text).toContain("Model: offline, because FERMATA_MODEL says so: fixed rules answer, not a language model.");
  expect(text).toContain("You    What is the weather in Lisbon tomorrow");
  expect(text).toMatch(/→ get_weather \{"city":"Lisbon","date":"\d{4}-\d{2}-\d{2}"\}/);
  expect(text).toMatch(/← get_weather \{"city":"Lisbon",.*"highC":\d+/);
  expect(text).toMatch(/the high is \d+ °C/);
  expect(text).not.toContain("\u001b["); // no colours when nobody looks
});

test("without --once the demo keeps serving, and what it says to paste works", async () => {
  const demo = startDemo([]);
  const text = await demo.until("Ctrl-C stops the server.");
  const [, url = "", body = ""] = /curl -N (\S+) -H 'content-type: application\/json' -d '([^']+)'/.exec(text) ?? [];
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  expect(answer.status).toBe(200);
  const stream = await answer.text();
  expect(stream).toContain('"toolName":"get_local_time"');
  expect(stream.endsWith("data: [DONE]\n\n")).toBe(true);
  const places = [...text.matchAll(/^(API|OpenAPI|Swagger UI) +(\S+)$/gm)];
  expect(places.map(([, name]) => name)).toEqual(["API", "OpenAPI", "Swagger UI"]);
  for (const [, , place = ""] of places) expect((await fetch(place)).status).toBe(200);
  demo.child.kill("SIGINT");
  expect(await demo.exit).toBe(0);
  expect(demo.text()).toContain("Stopping.");
});

test("in production the demo points at nothing that is off", async () => {
  const demo = startDemo([], { NODE_ENV: "production" });
  const text = await demo.until("Ctrl-C stops the server.");
  expect(text).toMatch(/API +http/);
  expect(text).not.toContain("Swagger UI");
  expect(text).not.toContain("openapi.json");
});

test("a taken port is said in one line, and the demo ends with 1", async () => {
  const holder = createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const { port } = holder.address() as AddressInfo; // a TCP server has an address of this kind
  const demo = startDemo(["--once"], { PORT: String(port) });
  expect(await demo.exit).toBe(1);
  expect(demo.text().trim()).toBe(`Port ${port} is taken by another program. Choose another one: PORT=${port + 1} npm run demo`);
  holder.close();
});

test("a port that is none is said in one line", async () => {
  const demo = startDemo(["--once"], { PORT: "many" });
  expect(await demo.exit).toBe(1);
  expect(demo.text().trim()).toBe('PORT must be a whole number between 0 and 65535, not "many".');
});
