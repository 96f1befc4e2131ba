import type { Mastra } from "../../mastra.ts";

/** Whether only programs on this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** What a server without authentication lets everybody do who reaches it; `undefined` where there is nothing to say. */
export function exposureWarning(mastra: Mastra, host: string): string | undefined {
  if (mastra.getServer().auth || isLoopback(host)) return undefined;
  const agents = Object.keys(mastra.listAgents());
  const workflows = Object.keys(mastra.listWorkflows());
  const tools = Object.keys(mastra.listTools());
  const data = mastra.getStorage() ? "read, change and delete every thread and run" : "read and answer every run";
  const names = (kind: string, list: readonly string[]): string[] => (list.length > 0 ? [`${kind} ${list.join(", ")}`] : []);
  const runs = [...names("agents", agents), ...names("workflows", workflows), ...names("tools", tools)].join("; ");
  return (
    `This server has no authentication and listens on ${host}: whoever reaches it can ${runs === "" ? "" : `run ${runs}, and `}${data}. ` +
    "Set server.auth, or listen on localhost. MASTRA_REQUIRE_AUTH=1 makes this a refusal to start."
  );
}
