/** What is asked of the routes for runs of every kind: turns that ended, failed, wait, and what is not there. */
import { call, type Ask, type Seen } from "./call-route.ts";
import type { TestServer } from "./test-server.ts";

const SAYS = ["hello", "fail", "tool:fails", "tool:guarded", "tool:asks", "tool:agent-child"];

/** The ids of a run of each sort. */
async function runIds(server: TestServer): Promise<string[]> {
  for (const messages of SAYS) await call(server, "POST", "/agents/main/generate", { messages });
  await call(server, "POST", "/agents/broken/generate", { messages: "hello" });
  const { body } = await call(server, "GET", "/runs?perPage=12");
  return (JSON.parse(body) as { runs: { runId: string }[] }).runs.map(({ runId }) => runId);
}

const each =
  (method: string, path: string, body?: object): Ask =>
  async (server) => {
    const replies: Seen[] = [await call(server, method, `/runs/unknown${path}`, body)];
    for (const id of await runIds(server)) replies.push(await call(server, method, `/runs/${id}${path}`, body));
    return replies;
  };

const read =
  (path: string): Ask =>
  async (server) => {
    const replies: Seen[] = [await call(server, "POST", `/agents/main/${path}`, { runId: "unknown" })];
    for (const runId of await runIds(server)) replies.push(await call(server, "POST", `/agents/main/${path}`, { runId }));
    return replies;
  };

export const RUN_ROUTES: Readonly<Record<string, Ask>> = {
  "agents.observe": read("observe"),
  "agents.recover": read("recover"),
  "runs.list": async (server) => {
    await runIds(server);
    return Promise.all(["/runs", "/runs?kind=agent&name=main&perPage=2", "/runs?status=nothing"].map((path) => call(server, "GET", path)));
  },
  "runs.get": each("GET", ""),
  "runs.stream": each("GET", "/stream"),
  "runs.cancel": each("POST", "/cancel"),
  "runs.resume": each("POST", "/resume", { approve: true }),
  "runs.delete": each("DELETE", ""),
};
