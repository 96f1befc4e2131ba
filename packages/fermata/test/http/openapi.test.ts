import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import { registerApiRoute } from "../../src/server/custom-routes.ts";
import { createOpenApiDocument } from "../../src/server/openapi.ts";
import { routeTable } from "../../src/server/route-table.ts";
import { PUBLIC_CHUNK_TYPES } from "../../src/server/wire/projection.ts";
import { canaryApp } from "../support/canary-app.ts";
import { call, type Seen } from "../support/call-route.ts";
import { REFUSES_ALL } from "../support/openai-routes.ts";
import { ROUTES } from "../support/every-route.ts";
import { checkerOf, operations, references, resolve, type OpenApiDocument, type Operation } from "../support/openapi-document.ts";
import { textModel } from "../support/part-model.ts";
import { startHono, startServe, type TestServer } from "../support/test-server.ts";

const MEDIA = { sse: "text/event-stream", records: "text/plain" } as const;

/** Routes that take nothing: there is nothing that a caller could do wrong. */
const CANNOT_FAIL = new Set([
  "system.packages",
  "system.apiSchema",
  "system.routes",
  "auth.capabilities",
  "auth.me",
  "auth.logout",
  "auth.rolePermissions",
  "auth.permissionPatterns",
  "chat.listModels",
]);

const routes = routeTable();
let server: TestServer;
let document: OpenApiDocument;
let size: number;

beforeAll(async () => {
  server = await startHono(canaryApp([]), { openapiPath: "/openapi.json" });
  const { body } = await call(server, "GET", "/openapi.json");
  size = body.length;
  document = JSON.parse(body) as OpenApiDocument;
});
afterAll(() => server[Symbol.asyncDispose]());

function operationOf(id: string): Operation {
  const found = operations(document).find(({ operation }) => operation.operationId === id);
  if (!found) throw new Error(`there is no operation ${id}`);
  return found.operation;
}

describe("the document", () => {
  test("is OpenAPI 3.1 for the server's prefix", () => {
    expect(document).toMatchObject({
      openapi: "3.1.0",
      info: { title: expect.any(String), version: expect.any(String) },
      servers: [{ url: "/api" }],
    });
  });

  test("is smaller than 300 KB", () => {
    expect(size).toBeLessThan(300_000);
  });

  test("has no reference that leads nowhere, and no component that nothing refers to", () => {
    const all = references(document);
    expect(all.filter((reference) => resolve(document, reference) === undefined)).toEqual([]);
    expect(Object.keys(document.components.schemas).filter((name) => !all.includes(`#/components/schemas/${name}`))).toEqual([]);
  });

  test("names every operation once, and every route is one of them", () => {
    const ids = operations(document).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(routes.map(({ id }) => id).toSorted());
  });

  test.each(routes.map((route) => [route.id, route] as const))(
    "%s stands under its path and method, with its parameters, replies and access",
    (id, { spec, group }) => {
      const path = spec.path.replace(/:(\w+)/g, "{$1}");
      const method = spec.method.toLowerCase();
      const { operation } = operations(document).find((one) => one.path === path && one.method === method) ?? {};
      expect(operation?.operationId).toBe(id);
      expect(operation?.tags).toEqual([group]);
      const inPath = operation?.parameters?.filter((parameter) => parameter.in === "path") ?? [];
      expect(inPath.map(({ name }) => name)).toEqual([...spec.path.matchAll(/:(\w+)/g)].map(([, name]) => name));
      expect(inPath.every(({ required }) => required)).toBe(true);
      expect(Object.keys(operation?.requestBody?.content ?? {})).toEqual(spec.body ? ["application/json"] : []);
      expect(Object.keys(operation?.responses["200"]?.content ?? {})).toEqual(
        spec.events ? ["application/json", "text/event-stream"] : [spec.stream ? MEDIA[spec.stream] : "application/json"],
      );
      const failures = Object.entries(operation?.responses ?? {}).filter(([status]) => status !== "200");
      expect(failures.map(([status]) => status)).toEqual(expect.arrayContaining(["500", "408"]));
      for (const [, { content }] of failures)
        expect(content).toEqual({
          "application/json": { schema: { $ref: `#/components/schemas/${spec.openai ? "OpenAiError" : "Error"}` } },
        });
      expect(operation?.security).toEqual(spec.access === "public" ? [] : [{ bearer: [] }]);
    },
  );

  test("has the security scheme that operations name", () => {
    expect(document.components.securitySchemes).toEqual({ bearer: { type: "http", scheme: "bearer" } });
  });

  test("has an event for each type of chunk, and none besides", () => {
    const { AgentStreamEvent, WorkflowStreamEvent } = document.components.schemas;
    const text = JSON.stringify([AgentStreamEvent, WorkflowStreamEvent]);
    const types = [...text.matchAll(/"type":\{(?:"type":"string",)?(?:"const":"([\w-]+)"|"enum":\["([^\]]+)"\])/g)].flatMap(
      ([, one, several]) => (one ? [one] : (several ?? "").split('","')),
    );
    expect([...new Set(types)].filter((type) => type !== "url").toSorted()).toEqual([...PUBLIC_CHUNK_TYPES].toSorted());
  });
});

describe("every real reply fits the document", () => {
  const seenTypes = new Set<string>();
  const checkers = new Map<object, z.ZodType>();

  function check(schema: object, value: unknown): void {
    const checker = checkers.get(schema) ?? checkerOf(document, schema);
    checkers.set(schema, checker);
    const { error } = checker.safeParse(value);
    if (error) throw new Error(`${error.message}\nin ${JSON.stringify(value).slice(0, 2_000)}`);
  }

  function events(text: string): { type: string }[] {
    const records = text.includes("\u001e")
      ? text.split("\u001e").filter((record) => record !== "")
      : text
          .split("\n\n")
          .map((block) => block.replace(/^event: .*\n/, ""))
          .filter((block) => block.startsWith("data: {"))
          .map((block) => block.slice(6));
    return records.map((record) => JSON.parse(record) as { type: string });
  }

  function checkReply(operation: Operation, { status, type, body }: Seen): void {
    const documented = operation.responses[String(status)];
    if (!documented) throw new Error(`${operation.operationId} answered ${status}, which is not documented: ${body.slice(0, 500)}`);
    const schema = documented.content?.[type]?.schema;
    if (!schema) throw new Error(`${operation.operationId} answered ${status} as ${type}, which is not documented`);
    if (type === "application/json") return check(schema, JSON.parse(body));
    for (const event of events(body)) {
      seenTypes.add(event.type);
      check(schema, event);
    }
  }

  test.each(Object.entries(ROUTES))("%s", async (id, ask) => {
    const replies = await ask(server);
    const operation = operationOf(id);
    for (const reply of replies) checkReply(operation, reply);
    expect(replies.some(({ status }) => status === 200)).toBe(!REFUSES_ALL.has(id));
    expect(replies.some(({ status }) => status >= 400)).toBe(!CANNOT_FAIL.has(id));
  });

  test("each type of event was among them", () => {
    // A run is only aborted when nobody reads it any more; its chunk is seen inside `tool-output`, where the canary looks at it.
    const expected = PUBLIC_CHUNK_TYPES.filter((type) => type !== "abort");
    expect(expected.filter((type) => !seenTypes.has(type))).toEqual([]);
  });

  test("a reply that does not fit is noticed", () => {
    const schema = operationOf("auth.capabilities").responses["200"]?.content?.["application/json"]?.schema;
    expect(() => check(schema ?? {}, { enabled: "no", login: null })).toThrow("expected boolean");
    expect(() => check(schema ?? {}, { enabled: false, login: null, secret: 1 })).toThrow("secret");
  });
});

describe("routes of the app's own", () => {
  const handler = (): null => null;
  const customRoutes = [
    registerApiRoute("/own/:id{[0-9]+}", {
      method: "GET",
      handler,
      openapi: { summary: "Own", responses: { "200": { description: "Fine" } } },
    }),
    registerApiRoute("/own_1", { method: "ALL", handler }),
    registerApiRoute("/own/1", { method: "GET", handler }),
    registerApiRoute("/agents", { method: "POST", handler }),
  ];
  const own = createOpenApiDocument({ prefix: "/api", customRoutes }) as unknown as OpenApiDocument; // the same document, read as tests read it

  test("are in the document, at the root of the server", () => {
    expect(own.paths["/own/{id}"]?.get).toMatchObject({
      summary: "Own",
      servers: [{ url: "/" }],
      parameters: [{ name: "id", in: "path", required: true }],
    });
    expect(Object.keys(own.paths["/own_1"] ?? {})).toEqual(["get", "post", "put", "patch", "delete"]);
  });

  test("take nothing from a route of the API with the same path below the prefix", () => {
    expect(own.paths["/agents"]?.get).toEqual(document.paths["/agents"]?.get);
    expect(own.paths["/agents"]?.post).toMatchObject({ servers: [{ url: "/" }] });
  });

  test("have operation ids of their own", () => {
    const ids = operations(own).map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("the API page", () => {
  test("has all that it refers to on this server, and refers to nothing elsewhere", async () => {
    const agent = new Agent({ id: "a", name: "A", instructions: "", model: textModel("ok") });
    await using own = await startServe(new Mastra({ logger: false, agents: { a: agent }, server: { handleShutdownSignals: false } }));
    const response = await fetch(`${own.origin}/swagger-ui`);
    const page = await response.text();
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    expect(page).not.toMatch(/(?:https?:)?\/\/[\w.-]+\//);
    const addresses = [...page.matchAll(/(?:src|href|url)(?:=|: )"([^"]+)"/g)].map(([, address]) => address);
    expect(addresses).toEqual(
      expect.arrayContaining(["/api/openapi.json", "/swagger-ui/swagger-ui.css", "/swagger-ui/swagger-ui-bundle.js"]),
    );
    for (const address of addresses) expect(`${address} ${(await fetch(`${own.origin}${address}`)).status}`).toBe(`${address} 200`);
    const style = await (await fetch(`${own.origin}/swagger-ui/swagger-ui.css`)).text();
    expect(
      [...style.matchAll(/url\(["']?([^"')]+)/g)].map(([, address]) => address).filter((address) => !address?.startsWith("data:")),
    ).toEqual([]);
  });
});
