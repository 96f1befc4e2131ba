import { contract, type Contract } from "../contract/index.ts";
import type { RouteInput, RouteOutput, RouteSpec } from "../contract/route.ts";
import type { Call } from "./call.ts";
import type { StreamSource } from "./wire/event-stream.ts";
import type { EncodedRun } from "./wire/encoded-run.ts";

/** What answers a route: a value for JSON, a run for a stream, either where the body decides. It throws `FermataError` for what is part of the contract. */
export type Handler<S extends RouteSpec> = (input: RouteInput<S>, call: Call) => Answer<S> | Promise<Answer<S>>;

type Answer<S extends RouteSpec> = S extends { readonly raw: true }
  ? Response
  : S extends { readonly stream: string }
    ? StreamSource
    : RouteOutput<S> | (S extends { readonly events: unknown } ? EncodedRun : never);

/** One handler per route. A route without a handler does not compile. */
export type Handlers = {
  readonly [G in keyof Contract]: { readonly [R in keyof Contract[G]]: Contract[G][R] extends RouteSpec ? Handler<Contract[G][R]> : never };
};

/** A route with its id. */
export interface RouteEntry {
  /** `<group>.<name>`: also the OpenAPI operation id and the client's method. */
  readonly id: string;
  readonly group: string;
  readonly spec: RouteSpec;
}

/** All routes in the order of registration: fixed paths before those with parameters at the same place. */
export function routeTable(): RouteEntry[] {
  const groups: Record<string, Record<string, RouteSpec>> = contract;
  return Object.entries(groups).flatMap(([group, routes]) =>
    Object.entries(routes).map(([name, spec]) => ({ id: `${group}.${name}`, group, spec })),
  );
}
