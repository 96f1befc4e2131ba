import type { RouteSpec } from "../../../contract/route.ts";
import type { system } from "../../../contract/routes/system.ts";
import { toJsonSchema, type JsonSchema } from "../../../schema/schema.ts";
import { routeTable, type Handler } from "../../route-table.ts";

export const apiSchema: Handler<typeof system.apiSchema> = () => ({
  version: 1,
  routes: routeTable().map(({ id, spec }) => ({ id, summary: spec.summary, ...describeRoute(spec) })),
});

function describeRoute(spec: RouteSpec) {
  return {
    method: spec.method,
    path: spec.path,
    responseType: spec.stream ? ("stream" as const) : ("json" as const),
    ...(spec.stream && { streamFormat: spec.stream === "sse" ? "sse" : "stream" }),
    ...(spec.params && { pathParamSchema: schemaOf(spec.params) }),
    ...(spec.query && { queryParamSchema: schemaOf(spec.query) }),
    ...(spec.body && { bodySchema: schemaOf(spec.body) }),
    responseSchema: schemaOf(spec.response),
  };
}

function schemaOf(shape: NonNullable<RouteSpec["body"]>): JsonSchema {
  return toJsonSchema(shape, "draft-07");
}
