import { contract, type Contract } from "../contract/index.ts";
import type { RouteInput, RouteOutput, RouteSpec } from "../contract/route.ts";
import type { OpenRun } from "../agents/delegation.ts";
import type { Call } from "./call.ts";

/** What answers a route: a value for JSON, a run for a stream. It throws `FermataError` for what is part of the contract. */
export type Handler<S extends RouteSpec> = (
  input: RouteInput<S>,
  call: Call,
) =>
  | (S extends { readonly stream: string } ? OpenRun : RouteOutput<S>)
  | Promise<S extends { readonly stream: string } ? OpenRun : RouteOutput<S>>;

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
