/** Started by tests as a process of its own: a server with nothing but its defaults, which says what it holds when it is asked. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import { serve } from "../../src/serve.ts";
import { textModel } from "./part-model.ts";

export interface Held {
  /** Bytes, once nothing more can be collected. */
  readonly heap: number;
  /** Connections, the one that this is told on not among them. */
  readonly sockets: number;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void; // what the flag has just made

async function held(): Promise<Held> {
  for (let turn = 0; turn < 4; turn++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const sockets = process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
  return { heap: process.memoryUsage().heapUsed, sockets };
}

const a = new Agent({ id: "a", name: "A", instructions: "", model: textModel("ok") });
const { url } = await serve(new Mastra({ logger: false, agents: { a }, server: { handleShutdownSignals: false } }), {
  port: 0,
  host: "127.0.0.1",
});
process.on("message", () => void held().then((answer) => process.send?.(answer)));
process.stdout.write(`serving ${url}\n`);
