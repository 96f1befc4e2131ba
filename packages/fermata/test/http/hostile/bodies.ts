import { ANSWER, failure, get, GENERATE, invalid, post, type Row } from "./row.ts";

const nested = (depth: number, open: string, close: string, inner = "1"): string => open.repeat(depth) + inner + close.repeat(depth);

/** Bodies that are no request. */
export const malformedBodies: readonly Row[] = [
  { name: "an empty body", send: post(""), status: 400, body: invalid("messages") },
  { name: "a body of white space", send: post(" \n\t "), status: 400, body: invalid("messages") },
  { name: "a null body", send: post("null"), status: 400, body: invalid("root") },
  { name: "an array", send: post("[]"), status: 400, body: invalid("root") },
  { name: "a number", send: post("42"), status: 400, body: invalid("root") },
  { name: "a string", send: post('"hello"'), status: 400, body: invalid("root") },
  { name: "true", send: post("true"), status: 400, body: invalid("root") },
  { name: "NaN", send: post("NaN"), status: 400, body: invalid("body") },
  { name: "JSON cut off", send: post('{"messages": "hel'), status: 400, body: invalid("body") },
  { name: "JSON with a comment", send: post('{"messages": "hi" /* there */}'), status: 400, body: invalid("body") },
  { name: "two JSON documents", send: post('{"messages":"a"}{"messages":"b"}'), status: 400, body: invalid("body") },
  { name: "a NUL after the JSON", send: post('{"messages":"a"}\u0000'), status: 400, body: invalid("body") },
  { name: "objects nested 100,000 deep", send: post(nested(100_000, '{"a":', "}")), status: 400, body: invalid("body") },
  { name: "arrays nested 100,000 deep", send: post(nested(100_000, "[", "]")), status: 400, body: invalid("body") },
  { name: "100,000 closing brackets", send: post("]".repeat(100_000)), status: 400, body: invalid("body") },
  {
    name: "more bytes than allowed",
    send: post({ messages: "x".repeat(5_000_000) }),
    status: 413,
    body: { error: "Request body too large" },
  },
];

/** JSON of the wrong shape. */
export const wrongTypes: readonly Row[] = [
  { name: "messages as a number", send: post({ messages: 7 }), status: 400, body: invalid("messages") },
  { name: "messages as null", send: post({ messages: null }), status: 400, body: invalid("messages") },
  { name: "messages as an empty object", send: post({ messages: {} }), status: 400, body: failure("VALIDATION_FAILED") },
  { name: "no messages in the list", send: post({ messages: [] }), status: 400, body: failure("VALIDATION_FAILED") },
  {
    name: "only system messages",
    send: post({ messages: [{ role: "system", content: "obey" }] }),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  { name: "a message that is null", send: post({ messages: [null] }), status: 400, body: failure("VALIDATION_FAILED") },
  { name: "a message that is a list", send: post({ messages: [["hi"]] }), status: 400, body: failure("VALIDATION_FAILED") },
  { name: "a message without content", send: post({ messages: [{ role: "user" }] }), status: 400, body: failure("VALIDATION_FAILED") },
  { name: "an unknown role", send: post({ messages: [{ role: "root", content: "hi" }] }), status: 400, body: failure("VALIDATION_FAILED") },
  {
    name: "the role __proto__",
    send: post({ messages: [{ role: "__proto__", content: "hi" }] }),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "a role that is an object",
    send: post({ messages: [{ role: { toString: "user" }, content: "hi" }] }),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "content parts that are numbers",
    send: post({ messages: [{ role: "user", content: [1, 2] }] }),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "a file without data",
    send: post({ messages: [{ role: "user", content: [{ type: "file" }] }] }),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "10,000 messages",
    send: post({ messages: Array.from({ length: 10_000 }, () => ({ role: "user", content: "hi" })) }),
    status: 200,
    body: ANSWER,
  },
  { name: "a lone surrogate", send: post('{"messages":"a\\ud800b"}'), status: 200, body: ANSWER },
  { name: "maxSteps as text", send: post({ messages: "hi", maxSteps: "3" }), status: 400, body: invalid("maxSteps") },
  { name: "maxSteps negative", send: post({ messages: "hi", maxSteps: -1 }), status: 400, body: invalid("maxSteps") },
  { name: "maxSteps huge", send: post('{"messages":"hi","maxSteps":1e999}'), status: 400, body: invalid("maxSteps") },
  {
    name: "a temperature beyond all numbers",
    send: post('{"messages":"hi","modelSettings":{"temperature":1e999}}'),
    status: 400,
    body: invalid("modelSettings.temperature"),
  },
  {
    name: "a time limit that no timer can hold",
    send: post({ messages: "hi", modelSettings: { timeout: { totalMs: 2 ** 40 } } }),
    status: 400,
    body: invalid("modelSettings.timeout.totalMs"),
  },
  {
    name: "more repeats than anybody may ask for",
    send: post({ messages: "hi", modelSettings: { maxRetries: 1000 } }),
    status: 400,
    body: invalid("modelSettings.maxRetries"),
  },
  {
    name: "a request context that is a list",
    send: post({ messages: "hi", requestContext: ["a"] }),
    status: 400,
    body: invalid("requestContext"),
  },
  {
    name: "a request context that is text",
    send: post({ messages: "hi", requestContext: "{}" }),
    status: 400,
    body: invalid("requestContext"),
  },
  { name: "an empty runId", send: post({ messages: "hi", runId: "" }), status: 400, body: invalid("runId") },
  { name: "a runId with a line break", send: post({ messages: "hi", runId: "a\nb" }), status: 400, body: invalid("runId") },
  {
    name: "a runId of 100,000 characters",
    send: post({ messages: "hi", runId: "r".repeat(100_000) }),
    status: 400,
    body: invalid("runId"),
  },
  { name: "the runId __proto__", send: post({ messages: "hi", runId: "__proto__" }), status: 200, body: { ...ANSWER, runId: "__proto__" } },
  {
    name: "a runId that was used before",
    send: post({ messages: "hi", runId: "again" }),
    status: 200,
    body: { ...ANSWER, runId: "again" },
  },
  { name: "the same runId once more", send: post({ messages: "hi", runId: "again" }), status: 200, body: { ...ANSWER, runId: "again" } },
  {
    name: "a model that brings its own address",
    send: post({ messages: "hi", model: { id: "openai/x", url: "http://127.0.0.1:1/v1" } }),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "a model of an unknown provider",
    send: post({ messages: "hi", model: "nobody/nothing" }),
    status: 422,
    body: failure("MISCONFIGURED"),
  },
  {
    name: "tools and headers that only the app may set",
    send: post({ messages: "hi", tools: { evil: {} }, headers: { a: "b" }, actor: "root" }),
    status: 200,
    body: ANSWER,
  },
  {
    name: "a waiting run that does not exist",
    send: post({ runId: "nobody", toolCallId: "x" }, "/api/agents/plain/approve-tool-call"),
    status: 404,
    body: failure("NOT_FOUND"),
  },
  {
    name: "a resume without a runId",
    send: post({ resumeData: 1 }, "/api/agents/plain/resume-stream"),
    status: 400,
    body: invalid("runId"),
  },
];

/** Names that reach into prototypes. */
export const prototypeKeys: readonly Row[] = [
  { name: "__proto__ in the body", send: post('{"messages":"hi","__proto__":{"polluted":true}}'), status: 200, body: ANSWER },
  {
    name: "constructor.prototype in the body",
    send: post('{"messages":"hi","constructor":{"prototype":{"polluted":true}}}'),
    status: 200,
    body: ANSWER,
  },
  {
    name: "__proto__ in a message",
    send: post('{"messages":[{"role":"user","content":"hi","__proto__":{"polluted":true}}]}'),
    status: 200,
    body: ANSWER,
  },
  {
    name: "__proto__ in a nested option",
    send: post('{"messages":"hi","modelSettings":{"__proto__":{"polluted":true}},"providerOptions":{"__proto__":{"polluted":true}}}'),
    status: 200,
    body: ANSWER,
  },
  {
    name: "__proto__ in the request context",
    send: post('{"messages":"hi","requestContext":{"__proto__":{"polluted":true},"constructor":1,"prototype":2}}'),
    status: 200,
    body: ANSWER,
  },
  {
    name: "__proto__ as a client tool",
    send: post('{"messages":"hi","clientTools":{"__proto__":{"description":"evil","inputSchema":{}}}}'),
    status: 200,
    body: ANSWER,
  },
  {
    name: "__proto__ as a toolset",
    send: post('{"messages":"hi","toolsets":{"__proto__":{"polluted":{}},"a":{"__proto__":{"description":"x"}}}}'),
    status: 200,
    body: ANSWER,
  },
  {
    name: "constructor as a client tool",
    send: post({ messages: "hi", clientTools: { constructor: { inputSchema: {} } } }),
    status: 200,
    body: ANSWER,
  },
  {
    name: "__proto__ in the query",
    send: get("/api/agents/plain/suspended-runs?__proto__=1&__proto__[polluted]=true&constructor[prototype][polluted]=1"),
    status: 200,
    body: { runs: [], total: 0 },
  },
  {
    name: "__proto__ in a query's request context",
    send: get(`/api/agents?requestContext=${encodeURIComponent('{"__proto__":{"polluted":true}}')}`),
    status: 200,
    body: { plain: { id: "plain" } },
  },
  { name: "__proto__ as an agent", send: get("/api/agents/__proto__"), status: 404, body: failure("NOT_FOUND") },
  {
    name: "constructor as an agent",
    send: post({ messages: "hi" }, "/api/agents/constructor/generate"),
    status: 404,
    body: failure("NOT_FOUND"),
  },
  { name: "__proto__ as a tool", send: get("/api/tools/__proto__"), status: 404, body: failure("NOT_FOUND") },
  {
    name: "__proto__ as an agent's tool",
    send: post({ data: {} }, "/api/agents/tooled/tools/__proto__/execute"),
    status: 404,
    body: failure("NOT_FOUND"),
  },
  {
    name: "__proto__ in a tool's input",
    send: post('{"data":{"city":"Bern","__proto__":{"polluted":true}}}', "/api/tools/weather/execute"),
    status: 200,
    body: { city: "Bern" },
  },
  {
    name: "__proto__ instead of a tool's input",
    send: post('{"data":{"__proto__":{"city":"Bern"}}}', "/api/tools/weather/execute"),
    status: 200,
    body: { error: true },
  },
];

/** Tools that callers bring, and what they may not be. */
export const callerTools: readonly Row[] = [
  {
    name: "a client tool with a control character in its name",
    send: post({ messages: "hi", clientTools: { "a\u0000b": { inputSchema: {} } } }),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "a client tool without a name",
    send: post({ messages: "hi", clientTools: { "": { inputSchema: {} } } }),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "a client tool with the name of the agent's own",
    send: post({ messages: "hi", clientTools: { weather: { inputSchema: {} } } }, "/api/agents/tooled/generate"),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "a toolset's tool with the name of the agent's own",
    send: post({ messages: "hi", toolsets: { a: { weather: { inputSchema: {} } } } }, "/api/agents/tooled/generate"),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "a tool choice that the agent does not have",
    send: post({ messages: "hi", toolChoice: { type: "tool", toolName: "nothing" } }),
    status: 400,
    body: failure("VALIDATION_FAILED"),
  },
  {
    name: "a tool choice of an unknown kind",
    send: post({ messages: "hi", toolChoice: "maybe" }),
    status: 400,
    body: invalid("toolChoice"),
  },
  {
    name: "a tool that needs approval, called directly",
    send: post({ data: {} }, "/api/tools/guarded/execute"),
    status: 403,
    body: failure("FORBIDDEN"),
  },
  { name: "a tool without its data", send: post({}, "/api/tools/weather/execute"), status: 400, body: invalid("data") },
  {
    name: "a tool's input of the wrong type",
    send: post({ data: { city: 7 } }, "/api/tools/weather/execute"),
    status: 200,
    body: { error: true },
  },
  {
    name: "a tool's input of 4 MB",
    send: post({ data: { city: "x".repeat(4_000_000) } }, "/api/tools/strict/execute"),
    status: 200,
    body: { error: true },
  },
  { name: "a tool that throws", send: post({ data: {} }, "/api/tools/broken/execute"), status: 422, body: failure("TOOL_FAILED") },
];

/** Paging and other values of the query. */
const RUNS = "/api/agents/plain/suspended-runs";
export const queries: readonly Row[] = [
  { name: "a negative page", send: get(`${RUNS}?page=-1`), status: 400, body: invalid("page", "query") },
  {
    name: "a huge page",
    send: get(`${RUNS}?page=${"9".repeat(300)}`),
    status: 400,
    body: { code: "VALIDATION_FAILED", issues: [{ field: "page" }, { field: "page" }] },
  },
  { name: "the page NaN", send: get(`${RUNS}?page=NaN`), status: 400, body: invalid("page", "query") },
  { name: "the page 1.5", send: get(`${RUNS}?page=1.5`), status: 400, body: invalid("page", "query") },
  { name: "no runs per page", send: get(`${RUNS}?perPage=0`), status: 400, body: invalid("perPage", "query") },
  { name: "infinitely many runs per page", send: get(`${RUNS}?perPage=Infinity`), status: 400, body: invalid("perPage", "query") },
  { name: "a repeated page", send: get(`${RUNS}?page=1&page=2`), status: 400, body: invalid("page", "query") },
  { name: "a date that is none", send: get(`${RUNS}?fromDate=yesterday`), status: 400, body: invalid("fromDate", "query") },
  { name: "a date beyond all calendars", send: get(`${RUNS}?toDate=%2B999999-01-01`), status: 400, body: invalid("toDate", "query") },
  { name: "a repeated scalar", send: get("/api/agents?partial=true&partial=false"), status: 400, body: invalid("partial", "query") },
  { name: "an object for a scalar", send: get("/api/agents?partial[a]=1"), status: 400, body: invalid("partial", "query") },
  { name: "an unknown status", send: get("/api/agents/plain?status=secret"), status: 400, body: invalid("status", "query") },
  {
    name: "a request context that is not JSON",
    send: get("/api/agents/plain?requestContext=%7Bnot-json"),
    status: 200,
    body: { name: "Plain" },
  },
  {
    name: "a request context that is base64 of nothing",
    send: get("/api/agents/plain?requestContext=%%%25"),
    status: 200,
    body: { name: "Plain" },
  },
  { name: "a percent sign without its digits", send: get("/api/agents?partial=%E0%A4%A"), status: 200, body: { plain: { id: "plain" } } },
  {
    name: "1,000 different parameters",
    send: get(`/api/agents?${Array.from({ length: 1000 }, (_, index) => `p${index}=1`).join("&")}`),
    status: 200,
    body: { plain: { id: "plain" } },
  },
  {
    name: "a query on a route that has none",
    send: post({ messages: "hi" }, `${GENERATE}?requestContext=%7B%22a%22%3A1%7D&requestContext=2`),
    status: 200,
    body: ANSWER,
  },
];
