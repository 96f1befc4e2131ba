/** Questions to the routes of the kit's own app, and to paths that are nobody's. */
import type { Ask } from "./exchange.ts";
import { PAGE } from "./kit-app.ts";
import { MAX_BODY_BYTES, type RouteCase } from "./route-cases.ts";

const get = (path: string, headers: Record<string, string> = {}): Ask => ({ method: "GET", path, headers });
const post = (path: string, body: Ask["body"], headers: Record<string, string> = {}): Ask => ({
  method: "POST",
  path,
  headers,
  ...(body !== undefined && { body }),
});

const ALL_BYTES = Uint8Array.from({ length: 4_096 }, (_, index) => (index * 7) % 256);
const TEXT = "ünï\u0000cödé 🎼\r\n";

function form(): FormData {
  const data = new FormData();
  data.set("title", "A file");
  data.set("json", '{"a":1}');
  data.set("file", new File([ALL_BYTES], "bytes ü.bin", { type: "application/octet-stream" }));
  return data;
}

/** Cases of one prefix. What a host with body parsers of its own may answer differently has `multipart` in its name. */
export function ownCases(prefix: string): RouteCase[] {
  const cases: Readonly<Record<string, Ask>> = {
    "own route: parameters, query and what middleware has set": get("/own/hello/w%20%C3%B6?a=1&a=2&b=%26"),
    "own route: cookies and headers of the request": get("/own/headers", { "x-one": "1, 2", cookie: "a=1; b=2" }),
    "own route: several cookies in the reply": get("/own/cookies"),
    "own route: an empty reply": get("/own/empty"),
    "own route: a redirect": get("/own/moved"),
    "own route: a failure": get("/own/throws"),
    "own route: a reply in pieces": get("/own/pieces"),
    "own route: bytes": get("/own/bytes"),
    "own route: a large reply": get("/own/large"),
    "own route: a large reply's HEAD": { method: "HEAD", path: "/own/large" },
    "own route: the URL as it was asked": get("/own/url?x=%20+&y"),
    "own route: a pattern over several segments": get("/own/files/a/b%2Fc/d.txt"),
    "own route: a pattern that fits": get("/own/number/12"),
    "own route: an optional parameter": get("/own/optional/1"),
    "own route: an optional parameter left out": get("/own/optional"),
    "own route: a wildcard": get("/own/below/x/y"),
    "own route: text": post("/own/text", TEXT, { "content-type": "text/plain; charset=utf-8" }),
    "own route: JSON": post("/own/text", '{"a":1}'),
    "own route: JSON in pieces": { ...post("/own/text", '{"a":1}'), chunked: true },
    "own route: a form": post("/own/text", "a=1&b=x+y", { "content-type": "application/x-www-form-urlencoded" }),
    "own route: bytes in the request": post("/own/length", ALL_BYTES, { "content-type": "application/octet-stream" }),
    "own route: bytes in pieces": { ...post("/own/length", ALL_BYTES, { "content-type": "application/octet-stream" }), chunked: true },
    "own route: no body": post("/own/length", undefined),
    "own route: multipart with a file": post("/own/form", form),
    "own route: a body that middleware has read": post("/own/read-twice", '{"a":1}'),
    "own route: a limit of its own": post("/own/small", JSON.stringify({ long: "x".repeat(64) })),
    "own route: a body below its limit": post("/own/small", "{}"),
    "own route: a body that is too large": post("/own/text", JSON.stringify({ long: "x".repeat(MAX_BODY_BYTES) })),
    "own route: a body that turns out too large": {
      ...post("/own/text", JSON.stringify({ long: "x".repeat(MAX_BODY_BYTES) })),
      chunked: true,
    },
    "own route: closed to pages": get("/own/closed", { origin: PAGE }),
    "own route: open to all pages": get("/own/open", { origin: "https://other.example" }),
    "own route: rules of the server for a known page": get("/own/bytes", { origin: PAGE }),
    "own route: rules of the server for another page": get("/own/bytes", { origin: "https://other.example" }),
    "own route: rules of the server for a stream": post(`${prefix}/agents/main/stream`, '{"messages":"hi"}', { origin: PAGE }),
    "own route: rules of the server for a body that is no JSON": post(`${prefix}/agents/main/stream`, "{", { origin: PAGE }),
    "own route: a preflight of a known page": preflight("POST", "/own/text", PAGE),
    "own route: a preflight of another page": preflight("POST", "/own/text", "https://other.example"),
    "own route: a preflight of a closed route": preflight("GET", "/own/closed", PAGE),
    "own route: middleware that answers": get("/own/blocked"),
    "own route: every method": get("/own/any"),
    "the document": get(`${prefix}/openapi.json`),
    "an agent that calls a tool": post(`${prefix}/agents/main/generate`, '{"messages":"tool:echo"}'),
    "an agent that calls a tool, as a stream": post(`${prefix}/agents/main/stream`, '{"messages":"tool:echo"}'),
    "an agent whose tool waits for a yes": post(`${prefix}/agents/main/stream`, '{"messages":"tool:guarded"}'),
    "an agent whose model fails": post(`${prefix}/agents/main/generate`, '{"messages":"fail"}'),
    "an agent whose model fails, as a stream": post(`${prefix}/agents/main/stream`, '{"messages":"fail"}'),
    "a question with a context of the client's": post(
      `${prefix}/agents/main/generate`,
      '{"messages":"hi","requestContext":{"tier":"gold"}}',
    ),
    "a long question": post(`${prefix}/agents/main/generate`, JSON.stringify({ messages: "ü".repeat(10_000) })),
  };
  const anyMethod = ["POST", "PUT", "PATCH", "DELETE"].map(
    (method) => [`own route: every method: ${method}`, { method, path: "/own/any" }] as const,
  );
  return [...Object.entries(cases), ...anyMethod].map(([name, ask]) => ({ name, ask }));
}

function preflight(method: string, path: string, origin: string): Ask {
  return { method: "OPTIONS", path, headers: { origin, "access-control-request-method": method } };
}

/** What the server leaves to its host: the reply is the host's, and a 404 where the host has nothing either. */
export function leftAlone(prefix: string): RouteCase[] {
  const cases: Readonly<Record<string, Ask>> = {
    "a path of nobody": get("/nobody"),
    "a path of nobody below the prefix": get(`${prefix}/nobody`),
    "a method that the route does not have": { method: "DELETE", path: `${prefix}/agents` },
    "a path that only begins like the prefix": get(`${prefix || "/"}x/agents`),
    "a pattern that does not fit": get("/own/number/x"),
    "a path with more segments": get(`${prefix}/agents/main/generate/vnext/more`),
  };
  return Object.entries(cases).map(([name, ask]) => ({ name, ask }));
}
