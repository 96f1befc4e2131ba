/** The parts of a request's address, and the request context as the wire has it. */
import { FermataClientError } from "./error.ts";

export type Values = Readonly<Record<string, unknown>>;

/** Values for agents, tools and workflows: an object, or anything that gives entries, such as `RequestContext`. */
export type RequestContextInput = Readonly<Record<string, unknown>> | { entries(): Iterable<readonly [unknown, unknown]> };

/** The path with its parameters filled in. @throws FermataClientError `VALIDATION_FAILED` when one is missing */
export function fillPath(template: string, params: Values = {}): string {
  return template.replaceAll(/:(\w+)/g, (_, name: string) => {
    const value = params[name];
    if ((typeof value !== "string" && typeof value !== "number") || value === "" || value === "." || value === "..")
      throw new FermataClientError("VALIDATION_FAILED", `The path ${template} needs a value for "${name}".`);
    return encodeURIComponent(value);
  });
}

/** `?a=1&b=…`, or nothing. Objects and lists travel as JSON, dates in ISO 8601. */
export function toQuery(query: Values = {}): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue;
    if (value instanceof Date) pairs.set(name, value.toISOString());
    else if (typeof value === "object") pairs.set(name, JSON.stringify(value));
    else if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") pairs.set(name, String(value));
  }
  const text = pairs.toString();
  return text === "" ? "" : `?${text}`;
}

/** The request context as a plain object. */
export function plainContext(context: RequestContextInput): Values {
  return "entries" in context && typeof context.entries === "function"
    ? Object.fromEntries(context.entries() as Iterable<readonly [string, unknown]>)
    : context;
}

/** The request context as a query carries it: base64 of JSON. */
export function encodeContext(context: RequestContextInput): string {
  const bytes = new TextEncoder().encode(JSON.stringify(plainContext(context)));
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
