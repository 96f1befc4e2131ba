/** An app that asks who calls, and what somebody who owns things has in it. */
import { z } from "zod";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra, type ServerConfig } from "../../src/mastra.ts";
import { Memory } from "../../src/memory/memory.ts";
import { registerApiRoute, SimpleAuth } from "../../src/server/index.ts";
import { routeTable } from "../../src/server/route-table.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { MemoryVector } from "../../src/storage/vector/memory-vector.ts";
import { createTool } from "../../src/tools/tool.ts";
import { createStep, createWorkflow } from "../../src/workflows/index.ts";
import { lastText, partModel, toolCallParts } from "./part-model.ts";
import { textParts } from "./scripted-model.ts";

/** What nobody but the owner may see. */
export const SECRET = "the-owner-s-secret";

export interface GuardedUser {
  readonly id: string;
  readonly tenant?: string;
  readonly scopes?: readonly string[];
}

/** Every permission that a route asks for. */
export const PERMISSIONS: readonly string[] = [
  ...new Set([...routeTable().flatMap(({ spec }) => (spec.access === "public" ? [] : [spec.access])), "reports:read"]),
];

/** Everything but the permission, and what only looks like it. */
function allBut(permission: string): string[] {
  const [resource = "", action = ""] = permission.split(":");
  const others = PERMISSIONS.filter((other) => other !== permission);
  return [
    ...others,
    resource,
    `${resource}:`,
    `:${action}`,
    `${permission}x`,
    `x${permission}`,
    `${resource}:nobody:${action}`,
    `${permission}:nobody`,
  ];
}

const TOKENS: Readonly<Record<string, GuardedUser>> = {
  owner: { id: "owner" },
  stranger: { id: "stranger" },
  // Of the same name, so that nothing but the tenant tells the two apart.
  foreigner: { id: "owner", tenant: "elsewhere" },
  operator: { id: "operator", scopes: ["*", "resources:*"] },
  "foreign operator": { id: "operator", tenant: "elsewhere", scopes: ["*", "resources:*"] },
  ...Object.fromEntries(PERMISSIONS.map((permission) => [`only ${permission}`, { id: "narrow", scopes: [permission, "resources:*"] }])),
  ...Object.fromEntries(PERMISSIONS.map((permission) => [`all but ${permission}`, { id: "wide", scopes: allBut(permission) }])),
};

const guarded = createTool({ id: "guarded", description: "Needs approval", requireApproval: true, execute: () => SECRET });
const free = createTool({ id: "free", description: "Needs nothing", execute: () => "done" });

const model = partModel(({ prompt }) =>
  prompt.at(-1)?.role === "tool"
    ? textParts("done")
    : lastText(prompt) === "guarded"
      ? toolCallParts("guarded", {})
      : textParts(lastText(prompt)),
);

const waits = createStep({
  id: "waits",
  resumeSchema: z.object({}),
  execute: async ({ inputData, resumeData, suspend }) => resumeData ?? suspend({ inputData }),
});

export function guardedApp(server: ServerConfig = {}): Mastra {
  const storage = new MemoryStore();
  const memory = new Memory({ storage, options: { workingMemory: { enabled: true } } });
  const agent = new Agent({ id: "a", name: "A", instructions: "", model, memory, tools: { guarded, free } });
  return new Mastra({
    logger: false,
    storage,
    agents: { a: agent },
    tools: { guarded, free },
    workflows: { w: createWorkflow({ id: "w", inputSchema: z.any(), outputSchema: z.any() }).then(waits).commit() },
    vectors: { v: new MemoryVector({ id: "v" }) },
    server: {
      auth: new SimpleAuth<GuardedUser>({
        tokens: TOKENS,
        mapUserToClaims: ({ tenant, scopes }) => ({ ...(tenant !== undefined && { tenant }), ...(scopes && { scopes }) }),
      }),
      apiRoutes: [
        registerApiRoute("/own/closed", { method: "GET", handler: (c) => c.json({ user: c.get("user") }) }),
        registerApiRoute("/own/open", { method: "GET", requiresAuth: false, handler: (c) => c.json({ open: true }) }),
        registerApiRoute("/own/reports/:id", {
          method: "GET",
          requiresPermission: ["reports:read"],
          handler: (c) => c.json({ id: c.req.param("id") }),
        }),
      ],
      ...server,
    },
  });
}
