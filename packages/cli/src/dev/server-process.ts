/**
 * A server of the dev command, in a process of its own: it loads the library, waits until the app is to be served, and serves it.
 * While it waits, it does beforehand what does not depend on what will change.
 */
import inspector from "node:inspector";
import { pathToFileURL } from "node:url";
import { SourceError } from "../compile/source-error.ts";
import { tellFiles } from "./files.ts";
import type { FromServer, StartMessage, ToServer } from "./messages.ts";
import { readAhead } from "./read-ahead.ts";
import { isOwn } from "./register.ts";

/** What is used of the library, whichever version the app has. */
interface Library {
  readonly Mastra: new (config: object) => Instance;
  serve(mastra: Instance, options: object): Promise<{ readonly url: string; readonly port: number; close(): Promise<void> }>;
}

/** Only this machine reaches it; the dev command holds the port that the app names. */
const LISTEN = { port: 0, host: "127.0.0.1", announce: false };

interface Instance {
  getServer(): { readonly port?: number; readonly host?: string; readonly apiPrefix?: string };
  listAgents?(): object;
  listWorkflows?(): object;
}

const send = (message: FromServer): void => void process.send?.(message);
let stop: () => Promise<void> = () => Promise.resolve();

// Whoever started it is gone: nobody would ever stop it.
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches all processes of a terminal; the dev command says when to stop.
process.on("SIGINT", () => undefined);

const [, , libraryUrl = "", entry = ""] = process.argv;
const library = (await import(libraryUrl)) as Library; // the app's own version of it
const wanted = new AbortController();
process.on("message", (message: ToServer) => {
  if (message.type === "start") void start(message);
  else if (message.type === "let-go-of-inspector") inspector.close();
  else void stop().finally(() => process.exit(0));
});
send({ type: "waiting" });
const isRead = readAhead(entry, wanted.signal);
// What goes wrong is of no consequence here, or will be said when the app is served.
void isRead.then(rehearse).catch(() => undefined);

/** Serves an instance with nothing in it once, so that Node has compiled and loaded what serving takes. */
async function rehearse(): Promise<void> {
  if (wanted.signal.aborted) return;
  const server = await library.serve(new library.Mastra({ logger: false }), LISTEN);
  try {
    await fetch(`${server.url}/api/agents`, { headers: { connection: "close" }, signal: wanted.signal });
  } finally {
    await server.close();
  }
}

async function start({ inspect }: StartMessage): Promise<void> {
  try {
    wanted.abort();
    await isRead;
    if (inspect) inspector.open(inspect.port, inspect.host, inspect.wait);
    isOwn(entry);
    const app = (await import(pathToFileURL(entry).href)) as { mastra?: Instance; default?: Instance };
    const mastra = app.mastra ?? app.default;
    if (typeof mastra?.getServer !== "function") {
      throw new SourceError(entry, "", 0, "This module exports no instance: export const mastra = new Mastra({ … }).");
    }
    const server = await library.serve(mastra, LISTEN);
    stop = () => server.close();
    tellFiles();
    const { port, host, apiPrefix = "/api" } = mastra.getServer();
    send({
      type: "ready",
      port: server.port,
      isSecure: server.url.startsWith("https:"),
      config: { ...(port !== undefined && { port }), ...(host !== undefined && { host }), prefix: apiPrefix },
      agents: Object.keys(mastra.listAgents?.() ?? {}),
      workflows: Object.keys(mastra.listWorkflows?.() ?? {}),
    });
  } catch (error) {
    tellFiles();
    process.send?.({ type: "failed", text: textOf(error) } satisfies FromServer, () => process.exit(1));
  }
}

function textOf(error: unknown): string {
  if (error instanceof SourceError) return error.message;
  if (error instanceof Error && error.name === "FermataError") return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
