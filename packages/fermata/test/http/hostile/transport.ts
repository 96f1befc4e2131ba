import { requestText } from "../../support/raw-http.ts";
import { ANSWER, failure, GENERATE, get, invalid, post, postBytes, postForm, raw, rawPath, type Row } from "./row.ts";

const HELLO = JSON.stringify({ messages: "hi" });
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const CHUNKED = { "content-type": "application/json", "transfer-encoding": "chunked" };

function form(fields: Readonly<Record<string, string | Blob>>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

/** Bytes and types that are not what they say. */
export const encodings: readonly Row[] = [
  { name: "a byte order mark", send: post(`\uFEFF${HELLO}`), status: 200, body: ANSWER },
  {
    name: "a byte order mark in a chunked body",
    send: raw(requestText("POST", GENERATE, CHUNKED), chunk(`\uFEFF${HELLO}`), "0\r\n\r\n"),
    status: 200,
    body: ANSWER,
  },
  {
    name: "invalid UTF-8 in a text",
    send: postBytes(new Uint8Array([...Buffer.from('{"messages":"'), 0xff, 0xc0, 0x80, ...Buffer.from('"}')])),
    status: 200,
    body: ANSWER,
  },
  { name: "invalid UTF-8 instead of JSON", send: postBytes(new Uint8Array([0xff, 0xfe, 0x00])), status: 400, body: invalid("body") },
  { name: "UTF-16", send: postBytes(new Uint8Array(Buffer.from(HELLO, "utf16le"))), status: 400, body: invalid("body") },
  {
    name: "gzip",
    send: postBytes(new Uint8Array([0x1f, 0x8b, 0x08, 0, 0, 0]), { "content-type": "application/json", "content-encoding": "gzip" }),
    status: 400,
    body: invalid("body"),
  },
  { name: "text/plain", send: post(HELLO, GENERATE, { "content-type": "text/plain" }), status: 400, body: invalid("messages") },
  {
    name: "a form of name=value",
    send: post("messages=hi", GENERATE, { "content-type": "application/x-www-form-urlencoded" }),
    status: 400,
    body: invalid("messages"),
  },
  {
    name: "no content type",
    send: rawPath(GENERATE, "POST", { "content-type": undefined }, HELLO),
    status: 400,
    body: invalid("messages"),
  },
  {
    name: "a content type that only looks like JSON",
    send: post(HELLO, GENERATE, { "content-type": "application/jsonp" }),
    status: 400,
    body: invalid("messages"),
  },
  {
    name: "a content type with a suffix",
    send: post(HELLO, GENERATE, { "content-type": "application/vnd.api+json; charset=utf-8" }),
    status: 200,
    body: ANSWER,
  },
  {
    name: "a multipart body as JSON",
    send: post("--x\r\n", GENERATE, { "content-type": "application/json" }),
    status: 400,
    body: invalid("body"),
  },
];

/** Multipart bodies. */
export const forms: readonly Row[] = [
  { name: "a form with a message", send: postForm(form({ messages: "hi" })), status: 200, body: ANSWER },
  {
    name: "a form without a boundary",
    send: post("--a\r\n\r\n--a--", GENERATE, { "content-type": "multipart/form-data" }),
    status: 400,
    body: invalid("body"),
  },
  {
    name: "a form that ends early",
    send: post('--a\r\nContent-Disposition: form-data; name="messages"\r\n\r\nhi', GENERATE, {
      "content-type": "multipart/form-data; boundary=a",
    }),
    status: 400,
    body: invalid("body"),
  },
  { name: "a form with nothing in it", send: postForm(form({})), status: 400, body: invalid("messages") },
  {
    name: "a form with __proto__",
    send: postForm(form({ messages: "hi", __proto__: '{"polluted":true}', constructor: '{"prototype":{"polluted":true}}' })),
    status: 200,
    body: ANSWER,
  },
  { name: "a form's field nested 100,000 deep", send: postForm(form({ messages: "[".repeat(100_000) })), status: 200, body: ANSWER },
  {
    name: "a file of 4 MB for the messages",
    send: postForm(form({ messages: new Blob([new Uint8Array(4_000_000)]) })),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "a file for the request context",
    send: postForm(form({ messages: "hi", requestContext: new Blob(["{}"]) })),
    status: 400,
    body: invalid("requestContext"),
  },
  {
    name: "a form with 10,000 fields",
    send: postForm(form(Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [index === 0 ? "messages" : `f${index}`, "1"])))),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "a form that is too large",
    send: postForm(form({ messages: "hi", file: new Blob([new Uint8Array(5_000_000)]) })),
    status: 413,
    body: { error: "Request body too large" },
  },
];

/** What a web client would never send. */
export const wire: readonly Row[] = [
  {
    name: "10,000 headers",
    send: raw(`GET /api/agents HTTP/1.1\r\nHost: a\r\n${Array.from({ length: 10_000 }, (_, index) => `x-${index}: 1\r\n`).join("")}\r\n`),
    status: 431,
    body: "",
  },
  { name: "a header of 100 kB", send: rawPath("/api/agents", "GET", { "x-large": "x".repeat(100_000) }), status: 431, body: "" },
  { name: "an address of 100 kB", send: rawPath(`/api/agents/${"a".repeat(100_000)}`), status: 431, body: "" },
  { name: "an agent with a name of 8 kB", send: get(`/api/agents/${"a".repeat(8000)}`), status: 404, body: failure("NOT_FOUND") },
  {
    name: "a chunked body that is too large",
    send: raw(requestText("POST", GENERATE, CHUNKED), ...Array.from({ length: 50 }, () => chunk("x".repeat(100_000)))),
    status: 413,
    body: { error: "Request body too large" },
  },
  {
    name: "a chunked text that is too large and not read",
    send: raw(
      requestText("POST", GENERATE, { ...CHUNKED, "content-type": "text/plain", connection: "keep-alive" }),
      ...Array.from({ length: 50 }, () => chunk("x".repeat(100_000))),
    ),
    status: 400,
    body: invalid("messages"),
  },
  {
    name: "a length that is too large and never comes",
    send: rawPath(GENERATE, "POST", { "content-type": "application/json", "content-length": "99999999999" }),
    status: 413,
    body: { error: "Request body too large" },
  },
  {
    name: "a length that is negative",
    send: rawPath(GENERATE, "POST", { "content-type": "application/json", "content-length": "-1" }),
    status: 400,
    body: "",
  },
  {
    name: "a length that is no number",
    send: rawPath(GENERATE, "POST", { "content-type": "application/json", "content-length": "many" }),
    status: 400,
    body: "",
  },
  {
    name: "two lengths",
    send: raw(`POST ${GENERATE} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}`),
    status: 400,
    body: "",
  },
  { name: "a length and chunks", send: rawPath(GENERATE, "POST", { ...CHUNKED, "content-length": "5" }, ""), status: 400, body: "" },
  { name: "a chunk whose length is no number", send: raw(requestText("POST", GENERATE, CHUNKED), "zz\r\n"), status: 400, body: "" },
  {
    name: "a body shorter than its length",
    send: rawPath(GENERATE, "POST", { "content-type": "application/json", "content-length": "500" }, HELLO),
    status: 408,
    body: failure("TIMEOUT"),
  },
  {
    name: "a body longer than its length",
    send: rawPath(GENERATE, "POST", { "content-type": "application/json", "content-length": "5" }, HELLO),
    status: 400,
    body: "",
  },
  {
    name: "a body that never ends",
    send: raw(requestText("POST", GENERATE, CHUNKED), chunk('{"messages":"'), chunk("x")),
    status: 408,
    body: failure("TIMEOUT"),
  },
  { name: "no host", send: raw("GET /api/agents HTTP/1.1\r\n\r\n"), status: 400, body: "" },
  { name: "a host that is none", send: rawPath("/api/agents", "GET", { host: "a b/c@d" }), status: 400, body: "" },
  { name: "an address of another server", send: rawPath("http://elsewhere.example/api/auth/me"), status: 200, body: "null" },
  { name: "no HTTP at all", send: raw("\u0016\u0003\u0001 hello\r\n\r\n"), status: 400, body: "" },
  {
    name: "an expectation that nobody has heard of",
    send: rawPath("/api/auth/me", "GET", { expect: "the-unexpected" }),
    status: 417,
    body: "",
  },
  {
    name: "a request id with a script in it",
    send: rawPath("/api/agents/nobody", "GET", { "x-request-id": "<script>" }),
    status: 404,
    body: /"requestId":"[\w-]{36}"/,
  },
  {
    name: "a request id of 8 kB",
    send: rawPath("/api/agents/nobody", "GET", { "x-request-id": "r".repeat(8000) }),
    status: 404,
    body: /"requestId":"[\w-]{36}"/,
  },
];

/** Ways to other places. */
export const addresses: readonly Row[] = [
  { name: "a path out of the API", send: rawPath("/api/../../../etc/passwd"), status: 404, body: "404 Not Found" },
  {
    name: "an encoded path out of the API",
    send: rawPath("/api/agents/..%2f..%2f..%2fetc%2fpasswd"),
    status: 404,
    body: failure("NOT_FOUND"),
  },
  { name: "an encoded dot path", send: rawPath("/api/agents/%2e%2e/%2e%2e/etc/passwd"), status: 404, body: "404 Not Found" },
  { name: "an encoded slash in a tool's name", send: rawPath("/api/tools/weather%2Fexecute"), status: 404, body: failure("NOT_FOUND") },
  { name: "a NUL in a name", send: rawPath("/api/agents/a%00b"), status: 404, body: failure("NOT_FOUND") },
  { name: "broken percent codes in a name", send: rawPath("/api/agents/%E0%A4%A"), status: 404, body: failure("NOT_FOUND") },
  { name: "a double slash", send: rawPath("/api//agents"), status: 404, body: "404 Not Found" },
  { name: "two slashes at the front", send: rawPath("//api/agents"), status: 404, body: "404 Not Found" },
  { name: "a slash at the end", send: rawPath("/api/agents/"), status: 404, body: "404 Not Found" },
  { name: "other letters' case", send: rawPath("/API/agents"), status: 404, body: "404 Not Found" },
  { name: "an asset's path out of its folder", send: rawPath("/swagger-ui/..%2f..%2fpackage.json"), status: 404, body: "404 Not Found" },
  { name: "GET on a route for POST", send: get(GENERATE), status: 404, body: "404 Not Found" },
  { name: "DELETE on a route for GET", send: get("/api/agents", "DELETE"), status: 404, body: "404 Not Found" },
  { name: "OPTIONS", send: get("/api/agents", "OPTIONS"), status: 404, body: "404 Not Found" },
  { name: "HEAD on a route for GET", send: get("/api/agents", "HEAD"), status: 200, body: "" },
  { name: "HEAD on a route for POST", send: get(GENERATE, "HEAD"), status: 404, body: "" },
  { name: "PROPFIND", send: rawPath("/api/agents", "PROPFIND"), status: 404, body: "404 Not Found" },
  { name: "TRACE", send: rawPath("/api/agents", "TRACE"), status: 404, body: "404 Not Found" },
  { name: "a method that does not exist", send: rawPath("/api/agents", "BREW"), status: 400, body: "" },
];
