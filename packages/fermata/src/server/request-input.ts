/** What a request says, checked against its route. */
import type { z } from "zod";
import { safeParse } from "zod/v4/core";
import type { RouteSpec } from "../contract/route.ts";
import { fieldOf } from "../schema/messages.ts";
import { InvalidRequest } from "./body.ts";

export interface RawInput {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string[]>>;
  readonly body: unknown;
}

export interface CheckedInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** @throws InvalidRequest */
export function checkInput(spec: RouteSpec, raw: RawInput): CheckedInput {
  return {
    params: spec.params ? check(spec.params, raw.params, "path") : undefined,
    query: spec.query ? check(spec.query, toValues(raw.query), "query") : undefined,
    body: spec.body ? checkBody(spec.body, raw.body) : undefined,
  };
}

function check(schema: z.core.$ZodType, value: unknown, part: "body" | "query" | "path"): unknown {
  const result = safeParse(schema, value);
  if (result.success) return result.data;
  throw new InvalidRequest(
    part,
    result.error.issues.map((issue) => ({ field: fieldOf(issue), message: issue.message })),
  );
}

/** A missing body is the same as an empty object. */
function checkBody(schema: z.core.$ZodType, value: unknown): unknown {
  return check(schema, value === undefined ? {} : value, "body");
}

/** A repeated parameter stays a list, which no scalar schema takes; `a[b]=1` and `a={"b":1}` are both objects. */
export function toValues(query: RawInput["query"]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(query)) {
    const value: unknown = given.length === 1 ? given[0] : given;
    const bracket = /^([^[\]]+)\[([^[\]]*)\]$/.exec(name);
    if (bracket?.[1] !== undefined && bracket[2] !== undefined) addMember(values, bracket[1], bracket[2], value);
    else define(values, name, value);
  }
  return values;
}

function addMember(values: Record<string, unknown>, name: string, key: string, value: unknown): void {
  const known = Object.hasOwn(values, name) ? values[name] : undefined;
  if (key === "") return define(values, name, [known ?? [], value].flat());
  const record = typeof known === "object" && known !== null && !Array.isArray(known) ? known : {};
  define(record as Record<string, unknown>, key, value);
  define(values, name, record);
}

/** Assignment to `__proto__` would set the prototype. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

/** The client's values for the request context: in the body of writes, in the query of reads (JSON, or base64 of it). Unreadable values are no values. */
export function clientValues(method: string, { query, body }: RawInput): unknown {
  if (method === "GET" || method === "HEAD") {
    const [text] = query.requestContext ?? [];
    return text === undefined ? undefined : decodeContext(text);
  }
  const takesBody = (method === "POST" || method === "PUT") && typeof body === "object" && body !== null;
  return takesBody && "requestContext" in body ? body.requestContext : undefined;
}

function decodeContext(text: string): unknown {
  for (const decode of [(value: string) => value, fromBase64]) {
    try {
      return JSON.parse(decode(text)) as unknown;
    } catch {
      // not this form
    }
  }
  return undefined;
}

function fromBase64(text: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
}
