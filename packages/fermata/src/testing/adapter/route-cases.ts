/** Questions to every route of the contract: each has to be answered by an adapter as by the handler itself. */
import { routeTable, type RouteEntry } from "../../server/route-table.ts";
import type { Ask } from "./exchange.ts";

/** Bytes that the kit's server takes. */
export const MAX_BODY_BYTES = 32_768;

export interface RouteCase {
  readonly name: string;
  readonly ask: Ask;
}

const KNOWN: Readonly<Record<string, string>> = {
  agentId: "main",
  toolId: "echo",
  workflowId: "double",
  runId: "run-1",
  threadId: "thread-1",
  vectorName: "main",
  indexName: "shelf",
  model: "main",
  resourceId: "resource-1",
};

/** What a route needs to do more than refuse. Others are asked with `{}`. */
const BODIES: Readonly<Record<string, object>> = {
  "agents.generate": { messages: "hello" },
  "agents.stream": { messages: "many" },
  "compat.generateVnext": { messages: "hello" },
  "compat.streamVnext": { messages: "many" },
  "agents.executeTool": { data: { text: "hi" } },
  "tools.execute": { data: { text: "hi" } },
  "chat.create": { model: "main", messages: [{ role: "user", content: "hello" }] },
  "responses.create": { model: "main", input: "hello", store: false },
  "memory.createThread": { threadId: "thread-1", resourceId: "resource-1", title: "One", metadata: {} },
  "memory.updateThread": { title: "Two" },
  "vectors.createIndex": { indexName: "shelf", dimension: 2, metric: "cosine" },
  "vectors.upsert": { indexName: "shelf", vectors: [[1, 0]], ids: ["a"] },
  "vectors.query": { indexName: "shelf", queryVector: [1, 0] },
  "workflows.startAsync": { inputData: { value: 21 } },
  "workflows.stream": { inputData: { value: 21 } },
};

const ODD_QUERY = "?page=0&page=1&a[b]=1&x=%7B%22y%22%3A1%7D&z=%C3%A9%20+%26&empty=&perPage=2";
const ODD_ID = "a%2Fb%20%C3%A9%25";

/** All cases of one prefix, in an order in which what is made is there when it is read. */
export function routeCases(prefix: string): RouteCase[] {
  return routeTable().flatMap((entry) => casesOf(entry, prefix));
}

/** Of each route the cases that show what stands around it. */
export function surroundingCases(prefix: string): RouteCase[] {
  return routeCases(prefix).filter(({ name }) => /answers( a page of another origin| preflights)?$/.test(name));
}

function casesOf({ id, spec }: RouteEntry, prefix: string): RouteCase[] {
  const { method } = spec;
  const hasParams = spec.path.includes("/:");
  const hasBody = spec.body !== undefined;
  const fill = (value: (name: string) => string): string => prefix + spec.path.replace(/:(\w+)/g, (_, name: string) => value(name));
  const known = fill((name) => KNOWN[name] ?? "unknown");
  const body = hasBody ? { body: JSON.stringify(BODIES[id] ?? {}) } : {};
  const bare = method === "GET" ? {} : { body: "{}" };
  const large = JSON.stringify({ messages: "x".repeat(MAX_BODY_BYTES) });
  const cases: (RouteCase | false)[] = [
    { name: "answers", ask: { method, path: known, ...body } },
    { name: "answers a page of another origin", ask: { method, path: known, ...body, headers: { origin: "https://page.example" } } },
    { name: "gets odd queries whole", ask: { method, path: known + ODD_QUERY, ...body } },
    { name: "answers preflights", ask: preflight(method, known) },
    hasParams && { name: "refuses unknown ids", ask: { method, path: fill(() => "nobody"), ...(hasBody && body) } },
    hasParams && { name: "gets escaped ids whole", ask: { method, path: fill(() => ODD_ID), ...(hasBody && body) } },
    hasBody && { name: "refuses a body that is no JSON", ask: { method, path: known, body: "{" } },
    hasBody && { name: "refuses a body of the wrong shape", ask: { method, path: known, body: "[1]" } },
    hasBody && {
      name: "does not read a body of another type",
      ask: { method, path: known, body: "plain", headers: { "content-type": "text/plain" } },
    },
    hasBody && { name: "takes a body in pieces", ask: { method, path: known, ...body, chunked: true } },
    hasBody && { name: "refuses a body that is too large", ask: { method, path: known, body: large } },
    hasBody && { name: "refuses a body that turns out too large", ask: { method, path: known, body: large, chunked: true } },
    method === "GET" && { name: "answers HEAD", ask: { method: "HEAD", path: known } },
    !hasBody && method !== "GET" && { name: "does not mind a body", ask: { method, path: known, ...bare } },
  ];
  return cases.filter((one) => one !== false).map(({ name, ask }) => ({ name: `${id} ${name}`, ask }));
}

function preflight(method: string, path: string): Ask {
  return {
    method: "OPTIONS",
    path,
    headers: { origin: "https://page.example", "access-control-request-method": method, "access-control-request-headers": "content-type" },
  };
}
