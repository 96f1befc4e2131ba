/** The official client asks what there is: agents, tools, providers, the system. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { connect } from "./connect.ts";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

test("listAgents gives every agent under its key with its name and model", async () => {
  const agents = await connect(server.url).client.listAgents();
  expect(Object.fromEntries(Object.entries(agents).map(([key, agent]) => [key, [agent.name, agent.modelId]]))).toEqual({
    toolAgent: ["Tool Agent", "mock-1"],
    plainAgent: ["Plain Agent", "mock-1"],
    v3Agent: ["V3 Agent", "mock-3"],
    bossAgent: ["Boss", "mock-1"],
    tierAgent: ["Tier Agent", "mock-1"],
  });
});

test("listAgents gives the tools of an agent with their schemas as JSON strings", async () => {
  const { toolAgent } = await connect(server.url).client.listAgents();
  const schema: unknown = JSON.parse(toolAgent?.tools["weatherTool"]?.inputSchema ?? "");
  expect(schema).toMatchObject({
    json: { type: "object", properties: { city: { type: "string", description: "City name" } }, required: ["city"] },
  });
});

test("a partial list leaves the schemas of the tools out", async () => {
  const { toolAgent } = await connect(server.url).client.listAgents(undefined, true);
  expect(toolAgent?.tools["weatherTool"]).toBeDefined();
  expect(toolAgent?.tools["weatherTool"]).not.toHaveProperty("inputSchema");
});

test("details of an agent name its sub-agents, its tools and its model", async () => {
  const details = await connect(server.url).client.getAgent("bossAgent").details();
  expect(details).toMatchObject({
    name: "Boss",
    agents: { plainAgent: { id: "plainAgent", name: "Plain Agent" } },
    provider: "mock.chat",
    modelId: "mock-1",
    modelVersion: "v2",
    source: "code",
  });
  expect(Object.keys(details.tools)).toEqual(["weatherTool"]);
});

test("details with a request context resolve tools that depend on it", async () => {
  const { client, sent } = connect(server.url);
  const details = await client.getAgent("tierAgent").details({ tier: "gold" });
  expect(Object.keys(details.tools)).toEqual(["weatherTool"]);
  expect(atob(sent[0]?.url.searchParams.get("requestContext") ?? "")).toBe('{"tier":"gold"}');
});

test("details without a request context resolve the same tools to none", async () => {
  const details = await connect(server.url).client.getAgent("tierAgent").details();
  expect(details.tools).toEqual({});
});

test("the tool of an agent is described as the tool of the instance is", async () => {
  const { client } = connect(server.url);
  const [ofAgent, ofInstance] = await Promise.all([
    client.getAgent("toolAgent").getTool("weatherTool"),
    client.getTool("weatherTool").details(),
  ]);
  expect(ofAgent).toMatchObject({ id: "weatherTool", description: "Weather for a city", requireApproval: false });
  expect(ofAgent).toEqual(ofInstance);
});

test("listTools gives the tools of the instance and those of its agents", async () => {
  const tools = await connect(server.url).client.listTools();
  expect(Object.keys(tools).sort()).toEqual(["askUser", "brokenTool", "deleteFile", "progressTool", "weatherTool"]);
});

test("a tool that needs approval says so", async () => {
  expect(await connect(server.url).client.getTool("deleteFile").details()).toMatchObject({ requireApproval: true });
});

test("the providers are a list in which OpenAI names its environment variable", async () => {
  const { providers } = await connect(server.url).client.listAgentsModelProviders();
  expect(providers.find((provider) => provider.id === "openai")).toMatchObject({
    name: "OpenAI",
    envVar: "OPENAI_API_KEY",
    connected: expect.any(Boolean),
  });
});

test("the system tells its packages and whether it is a development server", async () => {
  expect(await connect(server.url).client.getSystemPackages()).toMatchObject({ packages: expect.any(Array), isDev: expect.any(Boolean) });
});
