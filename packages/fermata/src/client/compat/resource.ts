/** Methods made from lines: `POST~ /agents/:agentId/observe *` is a method, a path, and what its arguments are. */
import type { Method } from "../../contract/route.ts";
import { openStream } from "../open-stream.ts";
import { encodeContext, fillPath, plainContext, toQuery, type RequestContextInput, type Values } from "../request.ts";
import type { ClientStream, StreamOptions } from "../stream.ts";
import type { Transport } from "../transport.ts";
import { inTheirWords } from "./error.ts";
import type { Untyped } from "./untyped.ts";

/**
 * Names after the path say where each argument goes: `*` is an object whose members are parameters, `@` the request context, any other name
 * a parameter of that name. `~` after the method: the reply is a stream.
 */
export type Lines = Readonly<Record<string, string>>;

/** Methods for routes that this server may not have: they send what the reference's client sends. */
export type Methods<L extends Lines> = { readonly [K in keyof L]: (...args: readonly unknown[]) => Promise<Untyped> };

/** Where a client's calls go. */
export interface Connection {
  readonly transport: Transport;
  readonly streams: StreamOptions;
}

/** A reply that can be read by chunks as well as by bytes; the one or the other. */
export interface StreamedResponse<C> extends Response {
  processDataStream(options: { readonly onChunk: (chunk: C) => void | Promise<void> }): Promise<void>;
}

export function toResponse<C>(stream: ClientStream<unknown>): StreamedResponse<C> {
  const response = new Response(stream.body, { headers: { "content-type": "text/event-stream" } });
  return Object.assign(response, {
    // The chunks of the route that was asked.
    processDataStream: (options: { readonly onChunk: (chunk: C) => void | Promise<void> }) =>
      (stream as ClientStream<C>).processDataStream(options),
  });
}

/** One object with a method for each line. `bound` are the parameters that are known already. */
export function makeMethods(
  connection: Connection,
  lines: Lines,
  bound: Values = {},
): Record<string, (...args: readonly unknown[]) => Promise<Untyped>> {
  return Object.fromEntries(
    Object.entries(lines).map(([name, line]) => [name, (...args: readonly unknown[]) => inTheirWords(send(connection, line, bound, args))]),
  );
}

async function send(connection: Connection, line: string, bound: Values, args: readonly unknown[]): Promise<unknown> {
  const [verb = "", template = "", ...names] = line.split(" ");
  const method = verb.replace("~", "") as Method; // as every line begins
  const { values, context, signal } = gather(names, args);
  const inPath = new Set([...template.matchAll(/:(\w+)/g)].map(([, name]) => name));
  const all: Values = { ...bound, ...values };
  const writes = method === "POST" || method === "PUT" || method === "PATCH";
  const isQuery = (name: string): boolean =>
    !writes || (Object.hasOwn(bound, name) && !Object.hasOwn(values, name)) || goesInQuery(template, name);
  const left = Object.entries(all).filter(([name]) => !inPath.has(name));
  const query = Object.fromEntries(left.filter(([name]) => isQuery(name)));
  const body = Object.fromEntries(left.filter(([name]) => !isQuery(name)));
  const outgoing = {
    method,
    path: `${fillPath(template, all)}${toQuery({ ...query, ...(context && !writes && { requestContext: encodeContext(context) }) })}`,
    ...(writes && hasBody(names, context) && { body: { ...body, ...(context && { requestContext: plainContext(context) }) } }),
    signal,
  };
  if (!verb.endsWith("~")) return connection.transport.json(outgoing);
  const follows = template.endsWith("/threads/subscribe");
  const stream = await openStream(connection.transport, { framing: "sse", outgoing, options: connection.streams, signal, follows });
  return toResponse(stream);
}

const hasBody = (names: readonly string[], context: RequestContextInput | undefined): boolean =>
  context !== undefined || names.some((name) => name !== "@");

/** Some writing routes take parameters beside their body. */
function goesInQuery(template: string, name: string): boolean {
  return template.startsWith("/memory/") ? name === "agentId" : template.endsWith("/execute") && name === "runId";
}

interface Gathered {
  readonly values: Values;
  readonly context: RequestContextInput | undefined;
  readonly signal: AbortSignal | undefined;
}

function gather(names: readonly string[], args: readonly unknown[]): Gathered {
  const values: Record<string, unknown> = {};
  let context: unknown;
  for (const [index, name] of names.entries()) {
    const given = args[index];
    if (name === "@") context = given;
    else if (name === "*") Object.assign(values, given);
    else if (given !== undefined) values[name] = given;
  }
  const { requestContext, abortSignal, ...rest } = values;
  return {
    values: rest,
    context: (context ?? requestContext) as RequestContextInput | undefined,
    signal: abortSignal instanceof AbortSignal ? abortSignal : undefined,
  };
}
