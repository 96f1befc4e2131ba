import type { Context } from "hono";
import { RequestContext } from "../../context/request-context.ts";

/** What the framework around the server has found out about the request, handed over beside it. A client cannot put anything there. */
export function hostContext(c: Context): RequestContext | undefined {
  const { requestContext } = (c.env ?? {}) as { requestContext?: unknown };
  return requestContext instanceof RequestContext ? requestContext : undefined;
}
