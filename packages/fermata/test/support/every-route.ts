/** What can be asked of each route of the app with the canary: all that it can answer, failures included. */
import { call, type Ask, type Seen } from "./call-route.ts";
import { OPENAI_ROUTES } from "./openai-routes.ts";
import { WORKFLOW_ROUTES } from "./workflow-routes.ts";
import { RUN_ROUTES } from "./run-routes.ts";
import { SCHEDULE_ROUTES } from "./schedule-routes.ts";
import { MAIL_ROUTES } from "./mail-routes.ts";
import { MEMORY_ROUTES } from "./memory-routes.ts";
import type { TestServer } from "./test-server.ts";

const RAW = { includeRawChunks: true };
const TALKS = [
  { messages: "hello", ...RAW, requestContext: { tier: "gold" } },
  { messages: "fail" },
  { messages: "break" },
  { messages: "json", structuredOutput: { schema: { type: "object" } } },
  { messages: "hello", structuredOutput: { schema: { type: "object" } } },
  { messages: "tool:fails" },
  { messages: "tool:writes" },
  { messages: "tool:guarded" },
  { messages: "tool:asks" },
  { messages: "tool:nothing" },
  { messages: "tool:agent-child", ...RAW },
  { messages: "tool:agent-broken" },
] as const;
const AGENTS = ["main", "parent", "broken", "tripped", "tripped-late", "throwing"];

/** Starts a run that waits for an answer, and tells its id. */
async function waiting(server: TestServer, tool: string): Promise<string> {
  const { body } = await call(server, "POST", "/agents/main/generate", { messages: `tool:${tool}` });
  return (JSON.parse(body) as { runId: string }).runId;
}

export const talk =
  (path: string): Ask =>
  async (server) => {
    const replies: Seen[] = [];
    for (const agent of AGENTS) for (const body of TALKS) replies.push(await call(server, "POST", `/agents/${agent}/${path}`, body));
    return replies;
  };

const answer =
  (path: string, tool: string, more: object = {}): Ask =>
  async (server) => [
    await call(server, "POST", `/agents/main/${path}`, { runId: await waiting(server, tool), ...more }),
    await call(server, "POST", `/agents/main/${path}`, { runId: "unknown", ...more }),
  ];

const gets =
  (...paths: string[]): Ask =>
  (server) =>
    Promise.all(paths.map((path) => call(server, "GET", path)));

/** What is asked of each route: all that it can answer, failures included. */
export const ROUTES: Readonly<Record<string, Ask>> = {
  "agents.list": gets("/agents", "/agents?partial=true", '/agents?requestContext={"tier":"gold"}', "/agents?partial=1&partial=2"),
  "agents.providers": gets("/agents/providers", "/agents/providers?requestContext=1&requestContext=2"),
  "agents.get": gets("/agents/main", "/agents/parent", "/agents/throwing", "/agents/unknown"),
  "agents.generate": talk("generate"),
  "agents.stream": talk("stream"),
  "agents.streamUntilIdle": talk("stream-until-idle"),
  "agents.resumeStreamUntilIdle": answer("resume-stream-until-idle", "asks", { resumeData: { because: "so" } }),
  "compat.generateVnext": talk("generate/vnext"),
  "compat.streamVnext": talk("stream/vnext"),
  "agents.resumeStream": answer("resume-stream", "asks", { resumeData: { because: "so" } }),
  "agents.approveToolCall": answer("approve-tool-call", "guarded"),
  "agents.declineToolCall": answer("decline-tool-call", "guarded", { reason: "no" }),
  "agents.approveToolCallGenerate": answer("approve-tool-call-generate", "guarded"),
  "agents.declineToolCallGenerate": answer("decline-tool-call-generate", "guarded"),
  "agents.suspendedRuns": async (server) => {
    await waiting(server, "guarded");
    return gets("/agents/main/suspended-runs", "/agents/unknown/suspended-runs")(server);
  },
  "agents.getTool": gets("/agents/main/tools/fails", "/agents/main/tools/unknown"),
  "agents.executeTool": async (server) =>
    Promise.all(
      ["fails", "writes", "guarded", "asks", "unknown"].map((tool) =>
        call(server, "POST", `/agents/main/tools/${tool}/execute`, { data: {} }),
      ),
    ),
  "tools.list": gets("/tools", "/tools?requestContext=1&requestContext=2"),
  "tools.get": gets("/tools/fails", "/tools/unknown"),
  "tools.execute": async (server) =>
    Promise.all(
      ["fails", "writes", "guarded", "asks", "unknown"].map((tool) => call(server, "POST", `/tools/${tool}/execute`, { data: {} })),
    ),
  "system.packages": gets("/system/packages"),
  "system.routes": gets("/system/routes"),
  "system.apiSchema": gets("/system/api-schema"),
  "apiKeys.list": gets("/system/api-keys"),
  "apiKeys.create": async (server) => [await call(server, "POST", "/system/api-keys", { name: "nightly" })],
  "apiKeys.revoke": async (server) => [await call(server, "DELETE", "/system/api-keys/unknown")],
  "auth.capabilities": gets("/auth/capabilities"),
  "auth.me": gets("/auth/me"),
  "auth.ssoLogin": gets("/auth/sso/login", "/auth/sso/login?redirect_uri=https://elsewhere.example/"),
  "auth.ssoCallback": gets("/auth/sso/callback", "/auth/sso/callback?code=c&state=s"),
  "auth.logout": async (server) => [await call(server, "POST", "/auth/logout", {})],
  "auth.refresh": async (server) => [await call(server, "POST", "/auth/refresh", {})],
  "auth.signIn": async (server) => [await call(server, "POST", "/auth/credentials/sign-in", { email: "e", password: "p" })],
  "auth.signUp": async (server) => [await call(server, "POST", "/auth/credentials/sign-up", { email: "e", password: "p" })],
  "auth.rolePermissions": gets("/auth/roles/viewer/permissions", "/auth/roles/unknown/permissions"),
  "auth.permissionPatterns": gets("/auth/permission-patterns"),
  ...MAIL_ROUTES,
  ...MEMORY_ROUTES,
  ...OPENAI_ROUTES,
  ...WORKFLOW_ROUTES,
  ...RUN_ROUTES,
  ...SCHEDULE_ROUTES,
};
