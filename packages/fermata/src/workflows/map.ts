/** Mappings between steps that are written as a table instead of a function. */
import { FermataError } from "../errors.ts";
import type { FlowContext, Step } from "./step.ts";

/** Where one member of a mapping's result comes from. `path` is `.` for the whole, or names of members with dots between. */
export type MapSource<In = unknown, State = unknown> =
  | { readonly step: Step | readonly Step[]; readonly path: string }
  | { readonly initData: object; readonly path: string }
  | { readonly requestContextPath: string; readonly schema?: unknown }
  | { readonly value: unknown; readonly schema?: unknown }
  | { readonly fn: (context: FlowContext<In, State>) => unknown; readonly schema?: unknown };

export type MapTable<In = unknown, State = unknown> = Readonly<Record<string, MapSource<In, State>>>;

type GivesOf<S> = S extends { readonly "~gives"?: infer O } ? O : never;

/** The member of `T` at a path. */
export type At<T, Path extends string> = Path extends "." | ""
  ? T
  : Path extends `${infer Head}.${infer Rest}`
    ? At<Member<T, Head>, Rest>
    : Member<T, Path>;
type Member<T, K extends string> = T extends object ? (K extends keyof T ? T[K] : undefined) : undefined;

type SourceValue<M, Init> = M extends { readonly fn: (...args: never) => infer R }
  ? Awaited<R>
  : M extends { readonly value: infer V }
    ? V
    : M extends { readonly step: infer S; readonly path: infer P extends string }
      ? S extends readonly (infer E)[]
        ? At<GivesOf<E>, P>
        : At<GivesOf<S>, P>
      : M extends { readonly initData: unknown; readonly path: infer P extends string }
        ? At<Init, P>
        : unknown;

/** What a table makes. */
export type Mapped<M, Init> = { [K in keyof M]: SourceValue<M[K], Init> };

/** A member of a mapping that is taken from a step, or from the workflow's input. */
export function mapVariable<const V extends MapSource>(source: V): V {
  return source;
}

/** The table as a function. */
export function fromTable(table: MapTable): (context: FlowContext) => Promise<Record<string, unknown>> {
  return async (context) => {
    const entries = await Promise.all(Object.entries(table).map(async ([key, source]) => [key, await valueOf(source, context)] as const));
    return Object.fromEntries(entries);
  };
}

async function valueOf(source: MapSource, context: FlowContext): Promise<unknown> {
  if ("fn" in source) return source.fn(context);
  if ("value" in source) return source.value;
  if ("requestContextPath" in source) return at(context.requestContext.all, source.requestContextPath);
  if ("initData" in source) return at(context.getInitData(), source.path);
  const steps = Array.isArray(source.step) ? (source.step as readonly { readonly id: string }[]) : [source.step as { readonly id: string }];
  const found = steps.map(({ id }) => context.getStepResult(id)).find((value) => value !== undefined);
  if (found === undefined && source.path !== ".")
    throw new FermataError(
      "UNPROCESSABLE",
      `The mapping needs a result of step "${steps.map(({ id }) => id).join('" or "')}", which has none.`,
    );
  return at(found, source.path);
}

function at(value: unknown, path: string): unknown {
  if (path === "." || path === "") return value;
  let current = value;
  for (const name of path.split(".")) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, name)) return undefined;
    current = (current as Readonly<Record<string, unknown>>)[name];
  }
  return current;
}
