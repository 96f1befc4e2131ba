/** Routes of the app's own with schemas: what comes in is checked, what goes out is typed, and both are in the API's document. */
import type { Context } from "hono";
import { FermataError } from "../../errors.ts";
import type { ApiRoute, AppEnv, Mastra } from "../../mastra.ts";
import type { RequestContext } from "../../context/request-context.ts";
import { toFieldIssues } from "../../schema/messages.ts";
import { toJsonSchema, validate, type Input, type JsonSchema, type Output, type Schema } from "../../schema/schema.ts";
import type { AnyTool } from "../../tools/tool.ts";
import { InvalidRequest, readParsedBody } from "../body.ts";
import { clientValues, toValues } from "../request-input.ts";
import { toJson } from "../../schema/json-text.ts";
import { isStreamable, streamOf } from "./stream.ts";

/** What a handler gets beside the request's values. A value of the request cannot take the place of one of these. */
export interface RouteServices {
  readonly mastra: Mastra;
  /** What the server and its middleware know of the request, and below it what the client sent. */
  readonly requestContext: RequestContext;
  readonly registeredTools: Readonly<Record<string, AnyTool>>;
  /** Aborts when the caller is gone. */
  readonly abortSignal: AbortSignal;
  /** Who calls, as the auth provider gives it. */
  readonly user: unknown;
  readonly request: Request;
}

type Method = "GET" | "POST" | "PUT" | "DELETE" | "PATCH";
type Values<S> = S extends Schema ? Output<S> : unknown;
type Reply<S> = S extends Schema ? Input<S> : unknown;

export interface RouteConfig<
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
  R extends Schema | undefined = undefined,
> extends Pick<ApiRoute, "requiresAuth" | "requiresPermission" | "cors" | "middleware"> {
  readonly method: Method;
  /** Outside the prefix, with `:name` for parameters. */
  readonly path: string;
  /** `json` (default), or `stream` for chunks as they come. */
  readonly responseType?: "json" | "stream";
  /** How chunks are framed: `sse` as events, `stream` (default) as JSON values each followed by U+001E. */
  readonly streamFormat?: "sse" | "stream";
  readonly pathParamSchema?: P;
  /** Values are text; a value that must be an object or a list may be JSON, and `a[b]=1` is `{ a: { b: "1" } }`. */
  readonly queryParamSchema?: Q;
  readonly bodySchema?: B;
  /** The type of the reply, or with `stream` of a chunk. For the document and the compiler: replies are not checked. */
  readonly responseSchema?: R;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly deprecated?: boolean;
  /** Bytes that a request's body may have. Default: `server.bodySizeLimit`. */
  readonly maxBodySize?: number;
  /** Replaces the reply to a request that does not fit; goes before the server's. */
  readonly onValidationError?: (
    failure: { readonly issues: readonly { readonly field: string; readonly message: string }[] },
    part: "query" | "body" | "path",
  ) => { readonly status: number; readonly body: unknown } | undefined;
  /** Gets the values of path, query and body as one object. Gives the reply; a `Response` is sent as it is. */
  readonly handler: (
    input: Values<P> & Values<Q> & Values<B> & RouteServices,
  ) =>
    | Reply<R>
    | Response
    | AsyncIterable<unknown>
    | ReadableStream
    | Promise<Reply<R> | Response | AsyncIterable<unknown> | ReadableStream>;
}

/** A route that needs nobody to be known. */
export function createPublicRoute<
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
  R extends Schema | undefined = undefined,
>(config: Omit<RouteConfig<P, Q, B, R>, "requiresAuth">): ApiRoute {
  return createRoute<P, Q, B, R>({ ...config, requiresAuth: false });
}

/**
 * Declares a route of the app's own by schemas, for `server.apiRoutes`.
 * @throws FermataError `MISCONFIGURED` for a path without its slash.
 */
export function createRoute<
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
  R extends Schema | undefined = undefined,
>(config: RouteConfig<P, Q, B, R>): ApiRoute {
  const { method, path, requiresAuth, requiresPermission, cors, middleware, maxBodySize } = config;
  if (!path.startsWith("/")) throw new FermataError("MISCONFIGURED", `Custom API route "${path}" must start with "/".`);
  return {
    method,
    path,
    handler: (c) => answer(config as unknown as AnyRoute, c), // the values of the handler's input are checked by the schemas that type them
    openapi: operation(config as unknown as AnyRoute),
    ...(requiresAuth !== undefined && { requiresAuth }),
    ...(requiresPermission !== undefined && { requiresPermission }),
    ...(cors !== undefined && { cors }),
    ...(middleware !== undefined && { middleware }),
    ...(maxBodySize !== undefined && { maxBodySize }),
  };
}

type AnyRoute = Omit<RouteConfig, "handler" | "pathParamSchema" | "queryParamSchema" | "bodySchema" | "responseSchema"> & {
  readonly handler: (input: object) => unknown;
  readonly pathParamSchema?: Schema;
  readonly queryParamSchema?: Schema;
  readonly bodySchema?: Schema;
  readonly responseSchema?: Schema;
};

async function answer(route: AnyRoute, c: Context<AppEnv>): Promise<Response> {
  try {
    const result = await route.handler(await readInput(route, c));
    if (result instanceof Response) return result;
    if (route.responseType === "stream") {
      if (!isStreamable(result))
        throw new FermataError("INTERNAL", "Internal Server Error", { cause: `${route.path} gave nothing to stream` });
      return streamOf(result, route.streamFormat === "sse" ? "sse" : "records", c);
    }
    return new Response(toJson(result), { status: 200, headers: { "content-type": "application/json" } });
  } catch (error) {
    const own = error instanceof InvalidRequest ? ownReply(route, error, c) : undefined;
    if (own) return own;
    throw error;
  }
}

function ownReply({ onValidationError, path }: AnyRoute, { issues, part }: InvalidRequest, c: Context<AppEnv>): Response | undefined {
  try {
    const own = onValidationError?.({ issues }, part);
    return own && new Response(JSON.stringify(own.body), { status: own.status, headers: { "content-type": "application/json" } });
  } catch (error) {
    c.get("mastra").getLogger().error("onValidationError failed", { route: path, error });
    return undefined;
  }
}

async function readInput(route: AnyRoute, c: Context<AppEnv>): Promise<object> {
  const { pathParamSchema, queryParamSchema, bodySchema } = route;
  const query = c.req.queries();
  const path = pathParamSchema ? await check(pathParamSchema, c.req.param(), "path") : c.req.param();
  const asked = queryParamSchema ? await checkQuery(queryParamSchema, toValues(query)) : {};
  const raw = bodySchema ? await readParsedBody(c.req) : undefined;
  const body = bodySchema ? await check(bodySchema, raw === undefined ? {} : raw, "body") : undefined;
  const requestContext = c.get("requestContext");
  requestContext.addFromClient(clientValues(c.req.method, { params: {}, query, body: raw }));
  const services: RouteServices = {
    mastra: c.get("mastra"),
    requestContext,
    registeredTools: c.get("registeredTools"),
    abortSignal: c.get("abortSignal"),
    user: c.get("user"),
    request: c.req.raw,
  };
  return { ...members(path), ...members(asked), ...members(body), ...services };
}

const members = (value: unknown): object => (typeof value === "object" && value !== null ? value : {});

/** @throws InvalidRequest */
async function check(schema: Schema, value: unknown, part: "path" | "query" | "body"): Promise<unknown> {
  const checked = await validate(schema, value);
  if (checked.ok) return checked.value;
  throw new InvalidRequest(part, toFieldIssues(checked.issues));
}

/** What does not fit as text may be JSON. */
async function checkQuery(schema: Schema, values: Readonly<Record<string, unknown>>): Promise<unknown> {
  const asText = await validate(schema, values);
  if (asText.ok) return asText.value;
  const parsed = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, jsonOf(value)]));
  const asJson = await validate(schema, parsed);
  if (asJson.ok) return asJson.value;
  throw new InvalidRequest("query", toFieldIssues(asText.issues));
}

function jsonOf(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** The route in the API's document. */
function operation(route: AnyRoute): Record<string, unknown> {
  const { summary, description, tags = ["custom"], deprecated, responseType, streamFormat, responseSchema, bodySchema } = route;
  const schema = responseSchema && toJsonSchema(responseSchema);
  const type = responseType !== "stream" ? "application/json" : streamFormat === "sse" ? "text/event-stream" : "text/plain";
  return {
    tags,
    ...(summary !== undefined && { summary }),
    ...(description !== undefined && { description }),
    ...(deprecated && { deprecated }),
    ...(bodySchema && { requestBody: { required: true, content: { "application/json": { schema: toJsonSchema(bodySchema) } } } }),
    parameters: [...parameters(route.pathParamSchema, "path", route.path), ...parameters(route.queryParamSchema, "query")],
    responses: {
      "200": { description: "OK", content: { [type]: schema ? { schema } : {} } },
      "400": { description: "VALIDATION_FAILED" },
      ...(bodySchema && { "413": { description: "PAYLOAD_TOO_LARGE" } }),
      "500": { description: "INTERNAL" },
    },
  };
}

function parameters(schema: Schema | undefined, place: "path" | "query", path = ""): object[] {
  const { properties = {}, required = [] } = (schema ? toJsonSchema(schema) : {}) as {
    properties?: Readonly<Record<string, JsonSchema>>;
    required?: readonly string[];
  };
  const named = [...path.matchAll(/:(\w+)/g)].flatMap(([, name]) => (name === undefined || name in properties ? [] : [name]));
  return [
    ...named.map((name) => ({ name, in: place, required: true, schema: { type: "string" } })),
    ...Object.entries(properties).map(([name, property]) => ({
      name,
      in: place,
      required: place === "path" || required.includes(name),
      schema: property,
    })),
  ];
}
