/** A server of the dev command, in a process of its own: it loads the library, waits until the app is to be served, and serves it. */
import inspector from "node:inspector";
import { pathToFileURL } from "node:url";
import { SourceError } from "../compile/source-error.ts";
import { tellFiles } from "./files.ts";
import type { FromServer, StartMessage, ToServer } from "./messages.ts";
import { isOwn } from "./register.ts";

/** What is used of the library, whichever version the app has. */
interface Library {
  serve(mastra: Instance, options: object): Promise<{ readonly url: string; readonly port: number; close(): Promise<void> }>;
}

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

const [, , libraryUrl = ""] = process.argv;
const library = (await import(libraryUrl)) as Library; // the app's own version of it
process.on("message", (message: ToServer) => {
  if (message.type === "start") void start(message);
  else if (message.type === "let-go-of-inspector") inspector.close();
  else void stop().finally(() => process.exit(0));
});
send({ type: "waiting" });

async function start({ entry, inspect }: StartMessage): Promise<void> {
  try {
    if (inspect) inspector.open(inspect.port, inspect.host, inspect.wait);
    isOwn(entry);
    const app = (await import(pathToFileURL(entry).href)) as { mastra?: Instance; default?: Instance };
    const mastra = app.mastra ?? app.default;
    if (typeof mastra?.getServer !== "function") {
      throw new SourceError(entry, "", 0, "This module exports no instance: export const mastra = new Mastra({ … }).");
    }
    const server = await library.serve(mastra, { port: 0, host: "127.0.0.1", announce: false });
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
