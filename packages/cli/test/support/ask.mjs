// Run in the folder of a built server, where possible without a network: starts it, asks it, and prints what it said as one line of JSON.
import { spawn } from "node:child_process";
import { connect } from "node:net";

const [entry, port, prefix, token] = process.argv.slice(2);
const server = spawn(process.execPath, [entry], { stdio: ["ignore", "pipe", "pipe"] });
let output = "";
for (const stream of [server.stdout, server.stderr]) stream.on("data", (part) => (output += part));
const ended = new Promise((resolve) => server.once("exit", resolve));
const url = `http://127.0.0.1:${port}`;

async function health() {
  const deadline = Date.now() + 15_000;
  while (server.exitCode === null && Date.now() < deadline) {
    const response = await fetch(`${url}/health`).catch(() => undefined);
    if (response) return [response.status, await response.json()];
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`The server does not answer:\n${output}`);
}

async function ask(path, body) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const request = body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`${url}${path}`, request);
  const text = await response.text();
  return { status: response.status, body: response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text.slice(0, 200) };
}

/** The code of the failure to reach an address that stands for no machine (RFC 5737). */
function beyond() {
  return new Promise((resolve) => {
    const socket = connect({ host: "192.0.2.1", port: 443, timeout: 5_000 }, () => resolve("connected"));
    socket.once("error", (error) => resolve(error.code));
    socket.once("timeout", () => resolve("no answer"));
  });
}

const result = {};
try {
  result.beyond = await beyond();
  result.health = await health();
  result.proof = await ask("/proof");
  result.reply = await ask(`${prefix}/agents/echo/generate`, { messages: "Say hello." });
  result.openapi = (await ask(`${prefix}/openapi.json`)).status;
  result.swagger = (await ask("/swagger-ui")).status;
} catch (error) {
  result.failure = String(error);
}
server.kill("SIGTERM");
result.exit = await ended;
result.output = output;
process.stdout.write(`${JSON.stringify(result)}\n`);
