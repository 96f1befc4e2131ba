import { readFileSync, realpathSync } from "node:fs";
import { eventsOf, operationsOf, send, type Target } from "../api/call.ts";
import { bodyOf, findOperation, listOperations, needsRunId, parametersOf, type Operation } from "../api/operations.ts";
import { isFailure, Show } from "../api/show.ts";
import { command } from "../command.ts";
import { packageFolderOf } from "../compile/resolve.ts";
import { runningDev } from "../dev/lock.ts";
import { EXIT } from "../exit.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { UsageError } from "../terminal/usage-error.ts";

export const apiCommand = command({
  name: "api",
  summary: "Calls any operation of a running server",
  takes: "[group] [operation] [parameters…] [input]",
  maxWords: 20,
  options: {
    data: { type: "string", short: "d", value: "json", help: "the body; @file reads it from a file, - from the input" },
    query: { type: "string", short: "q", value: "name=value", multiple: true, help: "a parameter of the query" },
    context: {
      type: "string",
      short: "c",
      value: "json",
      help: "the request context; or the name of one of MASTRA_REQUEST_CONTEXT_PRESETS",
    },
    url: {
      type: "string",
      short: "u",
      value: "address",
      help: "the server (default: this project's dev server, then http://localhost:4111)",
    },
    "server-api-prefix": { type: "string", value: "path", help: "where its API is (default: /api)" },
    header: { type: "string", short: "H", value: "name: value", multiple: true, help: "a header of the request" },
    token: { type: "string", value: "token", help: "who calls: Authorization: Bearer … (default: FERMATA_TOKEN)" },
    timeout: { type: "string", value: "ms", help: "give up after so long (default: never)" },
    schema: { type: "boolean", help: "show what the operation takes, and call nothing" },
    json: { type: "boolean", help: "the reply as it is; of a stream one event a line" },
  },
  more: `Without words it lists what there is.
  fermata api agents
  fermata api agents generate weather "What is the weather in Lisbon?"
  fermata api agents stream weather "…"
  fermata api workflows startAsync planTrip '{ "inputData": { "city": "Lisbon" } }'
Text becomes the message, JSON the body. Of a reply with a text, the text is shown; --json shows all.`,
  async run({ values, positionals, terminal }) {
    const target = await targetOf(values);
    const [group, name, ...words] = positionals;
    const operations = await operationsOf(target);
    if (group === undefined || name === undefined) return list(operations, group, values.json ?? false, terminal);
    const operation = findOperation(operations, group, name);
    if (values.schema) {
      const { id, method, path, queryParamSchema, bodySchema } = operation;
      terminal.say(
        JSON.stringify({ id, method, path: `${target.prefix}${path}`, query: queryParamSchema, body: bodySchema }, undefined, 2),
      );
      return EXIT.done;
    }
    const { path, input } = pathAndInput(operation, words);
    const members = { ...(await dataOf(values.data)), ...(values.context !== undefined && { requestContext: contextOf(values.context) }) };
    const body = bodyOf(operation, input, members);
    const signal = values.timeout === undefined ? undefined : AbortSignal.timeout(milliseconds(values.timeout));
    const response = await send(target, operation.method, path + queryOf(operation, values.query ?? []), body, signal);
    return isStream(operation, response)
      ? showStream(eventsOf(response, signal), values.json ?? false, terminal)
      : showReply(response, values.json ?? false, terminal);
  },
});

interface TargetFlags {
  readonly url?: string;
  readonly "server-api-prefix"?: string;
  readonly header?: readonly string[];
  readonly token?: string;
}

async function targetOf(flags: TargetFlags): Promise<Target> {
  const folder = realpathSync(process.cwd());
  const dev = flags.url === undefined ? await runningDev(packageFolderOf(folder) ?? folder) : undefined;
  const token = flags.token ?? process.env.FERMATA_TOKEN;
  const given = (flags.header ?? []).map((line) => {
    const at = line.indexOf(":");
    if (at < 1) throw new UsageError(`--header takes "name: value", not "${line}".`);
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()] as const;
  });
  return {
    url: (flags.url ?? dev?.url ?? `http://localhost:${process.env.PORT ?? 4111}`).replace(/\/+$/, ""),
    prefix: flags["server-api-prefix"] ?? dev?.prefix ?? "/api",
    headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...Object.fromEntries(given) },
  };
}

function list(operations: readonly Operation[], group: string | undefined, isJson: boolean, terminal: Terminal): number {
  const lines = listOperations(operations, group);
  if (isJson) terminal.say(JSON.stringify(lines.map(([usage, summary]) => ({ usage, summary }))));
  else {
    const width = Math.min(Math.max(...lines.map(([usage]) => usage.length)), 60);
    for (const [usage, summary] of lines) terminal.say(`${usage.padEnd(width)}  ${terminal.paint.dim(summary)}`);
  }
  return EXIT.done;
}

function pathAndInput(operation: Operation, words: readonly string[]): { path: string; input: string | undefined } {
  const names = parametersOf(operation);
  if (words.length < names.length)
    throw new UsageError(
      `${operation.id} needs ${names
        .slice(words.length)
        .map((name) => `<${name}>`)
        .join(" ")}.`,
    );
  const values = new Map(names.map((name, index) => [name, words[index] ?? ""]));
  const rest = words.slice(names.length);
  return {
    path: operation.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(values.get(name) ?? "")),
    input: rest.length === 0 ? undefined : rest.join(" "),
  };
}

function queryOf(operation: Operation, given: readonly string[]): string {
  const pairs = given.map((pair) => {
    const at = pair.indexOf("=");
    if (at < 1) throw new UsageError(`--query takes name=value, not "${pair}".`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  if (needsRunId(operation) && !pairs.some(([name]) => name === "runId")) pairs.push(["runId", crypto.randomUUID()]);
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs).toString()}`;
}

async function dataOf(data: string | undefined): Promise<object> {
  if (data === undefined) return {};
  const text = data === "-" ? await standardInput() : data.startsWith("@") ? readFileSync(data.slice(1), "utf8") : data;
  return jsonObject(text, "--data");
}

async function standardInput(): Promise<string> {
  let text = "";
  for await (const part of process.stdin.setEncoding("utf8")) text += String(part);
  return text;
}

function contextOf(given: string): object {
  if (given.trim().startsWith("{")) return jsonObject(given, "--context");
  const presets = jsonObject(process.env.MASTRA_REQUEST_CONTEXT_PRESETS ?? "{}", "MASTRA_REQUEST_CONTEXT_PRESETS");
  const found: unknown = (presets as Readonly<Record<string, unknown>>)[given];
  if (typeof found !== "object" || found === null)
    throw new UsageError(`There is no request context "${given}" in MASTRA_REQUEST_CONTEXT_PRESETS.`);
  return found;
}

function jsonObject(text: string, name: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // said below, as for JSON of another kind
  }
  throw new UsageError(`${name} must be a JSON object.`);
}

function milliseconds(text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`--timeout must be milliseconds, not "${text}".`);
  return Number(text);
}

function isStream(operation: Operation, response: Response): boolean {
  return operation.responseType === "stream" || (response.headers.get("content-type")?.includes("text/event-stream") ?? false);
}

async function showStream(events: AsyncIterable<unknown>, isJson: boolean, terminal: Terminal): Promise<number> {
  const show = new Show(terminal);
  let hasFailed = false;
  try {
    for await (const event of events) {
      hasFailed ||= isFailure(event);
      if (isJson) terminal.say(JSON.stringify(event));
      else show.event(event);
    }
  } finally {
    show.end();
  }
  return hasFailed ? EXIT.failed : EXIT.done;
}

async function showReply(response: Response, isJson: boolean, terminal: Terminal): Promise<number> {
  const text = await response.text();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    terminal.say(text);
    return EXIT.done;
  }
  const answer = typeof value === "object" && value !== null && "text" in value && typeof value.text === "string" ? value.text : undefined;
  if (answer !== undefined && answer !== "" && !isJson) terminal.say(answer);
  else terminal.say(isJson ? JSON.stringify(value) : JSON.stringify(value, undefined, 2));
  return EXIT.done;
}
