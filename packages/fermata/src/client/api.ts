/** A method for every route, made from the table of routes: `client.<group>.<route>`. */
import type { z } from "zod";
import type { Contract } from "../contract/index.ts";
import type { Method, StreamFraming } from "../contract/route.ts";
import { FermataClientError } from "./error.ts";
import { openStream } from "./open-stream.ts";
import { encodeContext, fillPath, plainContext, toQuery, type RequestContextInput, type Values } from "./request.ts";
import { ROUTES } from "./routes.ts";
import type { ClientStream, Follower, StreamOptions } from "./stream.ts";
import type { Outgoing, Transport } from "./transport.ts";

type Shape = z.core.$ZodType;
type Part = "params" | "query" | "body";

/** Options of any call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Beside those of the client. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Values for agents, tools and workflows: in the body of a POST or PUT, in the query of a GET. */
  readonly requestContext?: RequestContextInput;
  /** Repeats of a request that may be repeated. Default: those of the client. */
  readonly retries?: number;
  /** Names what a call does, so that it is done once however often it is sent. Default: a new one for each call. */
  readonly idempotencyKey?: string;
}

export interface StreamingOptions extends CallOptions {
  /** What an abort of `signal` does to the run: stop it (default), or leave it to the server's `onDisconnect`. */
  readonly onAbort?: "cancel" | "detach";
}

/** What a route takes: its parameters, query and body apart, each as its schema says. */
export type RouteArgs<S> = { [K in keyof S & Part as S[K] extends Shape ? K : never]: S[K] extends Shape ? z.input<S[K]> : never };

type Reply<S> = S extends { readonly response: infer R extends Shape } ? z.output<R> : never;

/** Parts that may be left out as a whole. */
type Optional<T> = { [K in keyof T as object extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as object extends T[K] ? K : never]?: T[K];
};
type Args<S, O> =
  object extends Optional<RouteArgs<S>> ? [args?: Optional<RouteArgs<S>>, options?: O] : [args: Optional<RouteArgs<S>>, options?: O];

/** The method of one route. */
export type RouteMethod<S> = S extends { readonly stream: StreamFraming }
  ? (...given: Args<S, StreamingOptions>) => Promise<ClientStream<Reply<S>>>
  : S extends { readonly events: infer E extends Shape; readonly body: infer B extends Shape }
    ? {
        (args: { readonly body: z.input<B> & { readonly stream: true } }, options?: StreamingOptions): Promise<ClientStream<z.output<E>>>;
        (args: { readonly body: z.input<B> & { readonly stream?: false | null } }, options?: CallOptions): Promise<Reply<S>>;
      }
    : (...given: Args<S, CallOptions>) => Promise<Reply<S>>;

/** Every route of the server, by group and name. */
export type Api = { readonly [G in keyof Contract]: { readonly [R in keyof Contract[G]]: RouteMethod<Contract[G][R]> } };

export interface RouteCall {
  readonly params?: Values;
  readonly query?: Values;
  readonly body?: Values;
}

/** Sends what a line of the table says. */
export type Invoke = (group: string, name: string, call?: RouteCall, options?: StreamingOptions & Following) => Promise<unknown>;

/** Of a stream that may go on after its end; `open` sends the group's `stream` with another body. */
export interface Following {
  readonly follow?: (open: (body: Values) => Promise<Response>, signal: AbortSignal) => Follower;
}

const LINES: Readonly<Record<string, Readonly<Record<string, string>>>> = ROUTES;

/** Routes whose streams close without a last event. */
const ENDS_SILENTLY: ReadonlySet<string> = new Set(["streamVnext", "streamLegacy", "observeStreamLegacy"]);
/** Streams of what others do. */
const FOLLOWS: ReadonlySet<string> = new Set(["subscribeToThread"]);
/** Streams that begin with the run's first event. */
const FROM_START: ReadonlySet<string> = new Set(["stream", "streamUntilIdle", "observe"]);

function lineOf(group: string, name: string): [method: Method, path: string, framing?: string] {
  const line = LINES[group]?.[name];
  if (line === undefined) throw new FermataClientError("NOT_IMPLEMENTED", `This client knows no route ${group}.${name}.`);
  return line.split(" ") as [Method, string, string?]; // as `RouteLine` says
}

export function createInvoke(transport: Transport, streams: StreamOptions): Invoke {
  return async (group, name, call = {}, options = {}) => {
    const outgoingOf = (route: string, parts: RouteCall, given: CallOptions): Outgoing => {
      const [method, path] = lineOf(group, route);
      return toOutgoing(method, path, parts, given);
    };
    const [, , framing] = lineOf(group, name);
    const outgoing = outgoingOf(name, call, options);
    const streamed = framing === "events" ? (call.body?.stream === true ? "sse" : undefined) : (framing as StreamFraming | undefined);
    if (!streamed) return transport.json(outgoing);
    const { signal, onAbort, follow } = options;
    const workflowId = call.params?.workflowId;
    const runId = call.query?.runId ?? call.body?.runId;
    return openStream(transport, {
      framing: streamed,
      outgoing,
      options: streams,
      query: call.query,
      signal,
      ...(onAbort && { onAbort }),
      ...(typeof workflowId === "string" && { workflowId }),
      ...(typeof runId === "string" && { runId }),
      fromStart: FROM_START.has(name),
      follows: FOLLOWS.has(name),
      endsSilently: ENDS_SILENTLY.has(name),
      ...(follow && {
        follow: (open, stop) => follow((body) => open(outgoingOf("stream", { ...call, body }, withoutKey(options))), stop),
      }),
    });
  };
}

/** Another request is another deed: it gets a key of its own. */
export function withoutKey({ idempotencyKey: _, ...options }: CallOptions): CallOptions {
  return options;
}

function toOutgoing(method: Method, template: string, { params, query, body }: RouteCall, options: CallOptions): Outgoing {
  const { requestContext, signal, headers, retries, idempotencyKey } = options;
  const writes = method === "POST" || method === "PUT";
  const inQuery = requestContext && !writes ? { ...query, requestContext: encodeContext(requestContext) } : query;
  const inBody = requestContext && writes ? { ...body, requestContext: plainContext(requestContext) } : body;
  return {
    method,
    path: `${fillPath(template, params)}${toQuery(inQuery)}`,
    ...(inBody !== undefined && { body: inBody }),
    ...(headers && { headers }),
    ...(retries !== undefined && { retries }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    signal,
  };
}

export function createApi(invoke: Invoke): Api {
  const groups = Object.entries(LINES).map(([group, routes]) => [
    group,
    Object.fromEntries(
      Object.keys(routes).map((name) => [name, (call?: RouteCall, options?: StreamingOptions) => invoke(group, name, call, options)]),
    ),
  ]);
  return Object.fromEntries(groups) as Api; // the table has the contract's groups and routes: its type says so
}
