/** An app with two of everything, behind users whom their tokens name. */
import { z } from "zod";
import { createHandler, type ServerHandler } from "../../src/adapters/handler.ts";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra, type ServerConfig } from "../../src/mastra.ts";
import { defineAuth, registerApiRoute, type MastraAuthConfig } from "../../src/server/index.ts";
import { createTool } from "../../src/tools/tool.ts";
import { createStep, createWorkflow } from "../../src/workflows/index.ts";
import { partModel } from "./part-model.ts";
import { textParts } from "./scripted-model.ts";

export interface User {
  readonly id: string;
  readonly roles?: readonly string[];
}

export const USERS: Readonly<Record<string, User>> = {
  ada: { id: "ada", roles: ["owner"] },
  bob: { id: "bob", roles: ["staff"] },
  nobody: { id: "" },
};

const authenticateToken = async (token: string): Promise<User | null> => USERS[token] ?? null;
const model = partModel(() => textParts("hi"));
const workflow = (id: string) =>
  createWorkflow({ id, inputSchema: z.any(), outputSchema: z.any() })
    .then(createStep({ id: "s", inputSchema: z.any(), outputSchema: z.any(), execute: async () => 1 }))
    .commit();
const tool = (id: string) => createTool({ id, description: id, execute: () => "done" });
const agent = (id: string): Agent => new Agent({ id, name: id, instructions: "", model });

export function serverWith(server: ServerConfig, options: { prefix?: string } = {}): ServerHandler {
  const apiRoutes = [
    registerApiRoute("/own", {
      method: "GET",
      handler: (c) => c.json({ resource: c.get("requestContext").getRaw("mastra__resourceId") ?? null }),
    }),
    registerApiRoute("/open", {
      method: "GET",
      requiresAuth: false,
      handler: (c) => c.json({ subject: c.get("requestContext").principal?.subject }),
    }),
    registerApiRoute("/reports/:id", {
      method: "GET",
      requiresPermission: ["reports:read", "reports:write"],
      handler: (c) => c.text("report"),
    }),
  ];
  const agents = { weatherAgent: agent("weather"), other: agent("other") };
  const workflows = { first: workflow("first"), second: workflow("second") };
  const tools = { one: tool("one"), two: tool("two") };
  return createHandler({ mastra: new Mastra({ logger: false, agents, workflows, tools, server: { apiRoutes, ...server } }), ...options });
}

export const withAuth = (
  auth: Partial<MastraAuthConfig<User>>,
  more: ServerConfig = {},
  options: { prefix?: string } = {},
): ServerHandler => serverWith({ auth: defineAuth<User>({ authenticateToken, ...auth }), ...more }, options);

export async function ask(
  handler: ServerHandler,
  path: string,
  token?: string,
  init: RequestInit = {},
): Promise<[status: number, body: unknown]> {
  const headers = new Headers(init.headers);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  const response = await handler(new Request(`http://host${path}`, { ...init, headers }));
  const text = await response.text();
  return [response.status, text.startsWith("{") || text.startsWith("[") ? (JSON.parse(text) as unknown) : text];
}

export const status = async (...args: Parameters<typeof ask>): Promise<number> => (await ask(...args))[0];
