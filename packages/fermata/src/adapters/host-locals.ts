import type { ServerResponse } from "node:http";
import { RequestContext } from "../context/request-context.ts";
import type { Mastra } from "../mastra.ts";

/** The request context that the host has made, when it has. It goes with the request to agents, tools and steps. */
export function givenContext(locals: Record<string, unknown>): RequestContext | undefined {
  const { requestContext } = locals;
  return requestContext instanceof RequestContext ? requestContext : undefined;
}

/**
 * Puts where the host's own code looks, for a request that is the host's: `mastra`, `requestContext`, `tools`, and `abortSignal`,
 * which aborts when the caller leaves. What stands there already stays.
 */
export function addLocals(locals: Record<string, unknown>, mastra: Mastra, response: ServerResponse): void {
  locals.mastra ??= mastra;
  locals.requestContext ??= new RequestContext();
  if (!("abortSignal" in locals)) Object.defineProperties(locals, lazyLocals(mastra, response));
}

/** Made when they are asked for: most requests ask for neither. */
function lazyLocals(mastra: Mastra, response: ServerResponse): PropertyDescriptorMap {
  let controller: AbortController | undefined;
  return {
    tools: { configurable: true, enumerable: true, get: () => mastra.listTools() },
    abortSignal: {
      configurable: true,
      enumerable: true,
      get() {
        if (controller) return controller.signal;
        const made = new AbortController();
        controller = made;
        const abort = (): void => void (response.writableFinished || made.abort());
        if (response.closed) abort();
        else response.once("close", abort);
        return made.signal;
      },
    },
  };
}
