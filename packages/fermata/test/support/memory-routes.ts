/** What can be asked of the memory's routes: all that they answer, failures included, of a thread in which a tool has failed. */
import { call, type Ask, type Seen } from "./call-route.ts";
import type { TestServer } from "./test-server.ts";

/** A thread with a failed tool, a waiting one, and a name. */
async function talked(server: TestServer): Promise<string> {
  const thread = crypto.randomUUID();
  for (const messages of ["tool:fails", "tool:guarded", "hello", "fail"])
    await call(server, "POST", "/agents/main/generate", { messages, memory: { thread: { id: thread, title: "Talk" }, resource: "r" } });
  return thread;
}

type Request = readonly [method: string, path: (thread: string) => string, body?: (thread: string) => object];

const ask =
  (...requests: readonly Request[]): Ask =>
  async (server) => {
    const replies: Seen[] = [];
    const thread = await talked(server);
    for (const [method, path, body] of requests) replies.push(await call(server, method, path(thread), body?.(thread)));
    return replies;
  };

const memory = (base: string): Readonly<Record<string, Ask>> => ({
  status: ask(
    ["GET", () => `${base}/status?agentId=main`],
    ["GET", () => `${base}/status?agentId=parent`],
    ["GET", () => `${base}/status?agentId=unknown`],
  ),
  listThreads: ask(
    ["GET", () => `${base}/threads?agentId=main&resourceId=r`],
    ["GET", () => `${base}/threads?perPage=1&orderBy[field]=updatedAt`],
    ["GET", () => `${base}/threads?agentId=parent`],
  ),
  createThread: ask(
    ["POST", () => `${base}/threads?agentId=main`, () => ({ resourceId: "r" })],
    ["POST", () => `${base}/threads?agentId=main`, () => ({})],
  ),
  getThread: ask(
    ["GET", (thread) => `${base}/threads/${thread}?agentId=main`],
    ["GET", (thread) => `${base}/threads/${thread}?resourceId=other`],
    ["GET", () => `${base}/threads/unknown`],
  ),
  updateThread: ask(
    ["PATCH", (thread) => `${base}/threads/${thread}?agentId=main`, () => ({ title: "New", metadata: { a: 1 } })],
    ["PATCH", () => `${base}/threads/unknown?agentId=main`, () => ({ title: "New" })],
  ),
  deleteThread: ask(
    ["DELETE", (thread) => `${base}/threads/${thread}?agentId=main`],
    ["DELETE", (thread) => `${base}/threads/${thread}?agentId=main`],
  ),
  listMessages: ask(
    ["GET", (thread) => `${base}/threads/${thread}/messages?agentId=main`],
    ["GET", (thread) => `${base}/threads/${thread}/messages?filter={"roles":["assistant"]}`],
    ["GET", () => `${base}/threads/unknown/messages`],
  ),
  saveMessages: ask(
    [
      "POST",
      () => `${base}/save-messages?agentId=main`,
      (threadId) => ({ messages: [{ role: "user", content: "hi", threadId, resourceId: "r" }] }),
    ],
    ["POST", () => `${base}/save-messages?agentId=main`, () => ({ messages: [{ role: "user", content: "hi" }] })],
  ),
  deleteMessages: ask(
    ["POST", () => `${base}/messages/delete?agentId=main`, () => ({ messageIds: ["unknown"] })],
    ["POST", () => `${base}/messages/delete?agentId=unknown`, () => ({ messageIds: "x" })],
  ),
});

const modern: Readonly<Record<string, Ask>> = {
  config: ask(["GET", () => "/memory/config?agentId=main"], ["GET", () => "/memory/config?agentId=parent"]),
  getWorkingMemory: ask(
    ["GET", (thread) => `/memory/threads/${thread}/working-memory?agentId=main`],
    ["GET", () => "/memory/threads/unknown/working-memory?agentId=main"],
    ["GET", () => "/memory/threads/unknown/working-memory?agentId=unknown"],
  ),
  updateWorkingMemory: ask(
    ["POST", (thread) => `/memory/threads/${thread}/working-memory?agentId=main`, () => ({ workingMemory: "- Ada" })],
    ["POST", () => "/memory/threads/unknown/working-memory?agentId=main", () => ({ workingMemory: "- Ada" })],
  ),
  search: ask(
    ["GET", (thread) => `/memory/search?agentId=main&resourceId=r&searchQuery=fails&threadId=${thread}`],
    ["GET", () => "/memory/search?agentId=main&resourceId=r&searchQuery="],
    ["GET", () => "/memory/search?agentId=main&searchQuery=x"],
  ),
  cloneThread: ask(
    ["POST", (thread) => `/memory/threads/${thread}/clone?agentId=main`, () => ({})],
    ["POST", () => "/memory/threads/unknown/clone?agentId=main", () => ({})],
  ),
  transferThread: ask(
    ["POST", (thread) => `/memory/threads/${thread}/transfer?agentId=main`, () => ({ resourceId: "r2" })],
    ["POST", () => "/memory/threads/unknown/transfer?agentId=main", () => ({ resourceId: "r2" })],
  ),
};

function named(group: string, name: (own: string) => string, routes: Readonly<Record<string, Ask>>): [string, Ask][] {
  return Object.entries(routes).map(([own, questions]) => [`${group}.${name(own)}`, questions]);
}

const index = (name: string): object => ({ indexName: name, dimension: 2 });

/** Of an index with one vector. */
const askIndex =
  (...requests: readonly Request[]): Ask =>
  async (server) => {
    const name = crypto.randomUUID();
    await call(server, "POST", "/vector/main/create-index", index(name));
    await call(server, "POST", "/vector/main/upsert", { indexName: name, vectors: [[1, 0]], metadata: [{ a: 1 }], ids: ["v"] });
    return Promise.all(requests.map(([method, path, body]) => call(server, method, path(name), body?.(name))));
  };

const vector: Readonly<Record<string, Ask>> = {
  list: askIndex(["GET", () => "/vectors"], ["GET", () => "/vectors?requestContext=1&requestContext=2"]),
  embedders: askIndex(["GET", () => "/embedders"], ["GET", () => "/embedders?requestContext=1&requestContext=2"]),
  createIndex: askIndex(["POST", () => "/vector/main/create-index", index], ["POST", () => "/vector/unknown/create-index", index]),
  upsert: askIndex(
    ["POST", () => "/vector/main/upsert", (indexName) => ({ indexName, vectors: [[0, 1]] })],
    ["POST", () => "/vector/main/upsert", (indexName) => ({ indexName, vectors: [[1]] })],
  ),
  query: askIndex(
    ["POST", () => "/vector/main/query", (indexName) => ({ indexName, queryVector: [1, 0], includeVector: true })],
    ["POST", () => "/vector/main/query", () => ({ indexName: "unknown", queryVector: [1, 0] })],
  ),
  listIndexes: askIndex(["GET", () => "/vector/main/indexes"], ["GET", () => "/vector/unknown/indexes"]),
  describeIndex: askIndex(["GET", (name) => `/vector/main/indexes/${name}`], ["GET", () => "/vector/main/indexes/unknown"]),
  deleteIndex: askIndex(["DELETE", (name) => `/vector/main/indexes/${name}`], ["DELETE", () => "/vector/unknown/indexes/unknown"]),
};

export const MEMORY_ROUTES: Readonly<Record<string, Ask>> = Object.fromEntries([
  ...named("memory", (own) => own, { ...memory("/memory"), ...modern }),
  ...named("memoryCompat", (own) => `network${own.charAt(0).toUpperCase()}${own.slice(1)}`, memory("/memory/network")),
  ...named("vectors", (own) => own, vector),
]);
