/**
 * The reference types much as `any`, and code that was written against it reads members of such values without a check.
 * With `unknown` in their place that code would not compile. Nothing outside this folder uses these types.
 */
import type { z } from "zod";
import type { Contract } from "../../contract/index.ts";

export type Untyped = ReturnType<typeof JSON.parse>;

/** The same with `Untyped` wherever the contract says `unknown`. */
export type Loose<T> = unknown extends T
  ? Untyped
  : T extends readonly (infer E)[]
    ? Loose<E>[]
    : T extends object
      ? { [K in keyof T]: Loose<T[K]> }
      : T;

type Shape = z.core.$ZodType;

/** What a route replies with. */
export type ReplyOf<G extends keyof Contract, R extends keyof Contract[G]> = Contract[G][R] extends {
  readonly response: infer S extends Shape;
}
  ? Loose<z.output<S>>
  : never;
/** What a route's body takes, with a request context in any form. */
export type BodyOf<G extends keyof Contract, R extends keyof Contract[G]> = Contract[G][R] extends { readonly body: infer S extends Shape }
  ? WithContext<z.input<S>>
  : never;
/** What a route's query takes. */
export type QueryOf<G extends keyof Contract, R extends keyof Contract[G]> = Contract[G][R] extends {
  readonly query: infer S extends Shape;
}
  ? WithContext<z.input<S>>
  : never;

/** A plain record, or a `RequestContext`. */
export type Context = object;
type WithContext<T> = Loose<Omit<T, "requestContext">> & { requestContext?: Context };
