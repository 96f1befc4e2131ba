export { MASTRA_RESOURCE_ID_KEY, MASTRA_THREAD_ID_KEY, RequestContext } from "./request-context.ts";
export type { Principal } from "./principal.ts";
