/** What a route is: one value from which routing, validation, access, OpenAPI and the client's types are derived. */
import type { z } from "zod";
import type { ErrorCode } from "../errors.ts";

/** `core` types keep the type checker's work linear in the number of routes. */
type Shape = z.core.$ZodType;

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** How a stream is framed: `data: <json>` blocks that end with `[DONE]`, or JSON values each followed by U+001E. */
export type StreamFraming = "sse" | "records";

export interface RouteSpec {
  readonly method: Method;
  /** Below the prefix, with `:name` for parameters. */
  readonly path: `/${string}`;
  readonly summary: string;
  /** Who may call it: everybody, or whoever has the scope. There is no default. */
  readonly access: "public" | `${string}:${string}`;
  readonly params?: Shape;
  readonly query?: Shape;
  readonly body?: Shape;
  /** The reply, or with `stream` one event of it. */
  readonly response: Shape;
  readonly stream?: StreamFraming;
  /** The stream shows what others do, as long as its reader stays: it is not kept for a repeat of the call. */
  readonly follows?: true;
  /** It begins a run, named by `runId` in query or body or by the server: a repeat of a call that broke off finds that run. */
  readonly begins?: true;
  /** One event of the reply to a body that says `stream: true`. */
  readonly events?: Shape;
  /**
   * What it is about stands in the body, or it lists things of its kind: the handler asks about each of them (`Call.mayUse`, `Call.usable`), and
   * at the door it is enough to be allowed one.
   */
  readonly asksForEach?: true;
  /** The handler gives the reply itself: a redirection, or one that sets cookies. */
  readonly raw?: true;
  /** A route for OpenAI's clients: failures have their form, and it may also be served without the prefix. */
  readonly openai?: true;
  /** What it fails with beside `VALIDATION_FAILED`, `TIMEOUT` and `INTERNAL`. */
  readonly errors?: readonly ErrorCode[];
  readonly deprecated?: true;
}

/** What running an agent can fail with. */
export const runErrors = [
  "NOT_FOUND",
  "CONFLICT",
  "MISCONFIGURED",
  "RATE_LIMITED",
  "PAYLOAD_TOO_LARGE",
  "UPSTREAM_FAILED",
  "UPSTREAM_TIMEOUT",
] as const satisfies readonly ErrorCode[];

export const route = <const S extends RouteSpec>(spec: S): S => spec;

type Parsed<S, K extends "params" | "query" | "body"> = K extends keyof S ? (S[K] extends Shape ? z.output<S[K]> : undefined) : undefined;

/** What a handler gets of the request, checked. Generic over the values, so that routes with the same shapes can share a handler. */
export interface CheckedValues<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
}

export type RouteInput<S> = CheckedValues<Parsed<S, "params">, Parsed<S, "query">, Parsed<S, "body">>;

/** What a handler of a route without a stream gives. */
export type RouteOutput<S> = S extends { readonly response: infer R extends Shape } ? z.input<R> : never;
