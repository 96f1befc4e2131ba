import type { ServerResponse } from "node:http";
import { RequestContext } from "../context/request-context.ts";
import type { Mastra } from "../mastra.ts";

/**
 * Puts where the host's own code looks: `mastra`, `requestContext`, `tools`, and `abortSignal`, which aborts when the caller leaves.
 * What stands there already stays. Gives the request context, which goes with the request to agents, tools and steps.
 */
export function addLocals(locals: Record<string, unknown>, mastra: Mastra, response: ServerResponse): RequestContext {
  locals.mastra ??= mastra;
  if (!("abortSignal" in locals)) Object.defineProperties(locals, lazyLocals(mastra, response));
  const known = locals.requestContext;
  if (known instanceof RequestContext) return known;
  const made = new RequestContext();
  locals.requestContext = made;
  return made;
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
