/**
 * The application that the suites drive: the agents and tools of the application behind the recorded transcripts, on a model without a network.
 *
 * COMING LATER (each with the part of the library that it needs): the workflow of `bossAgent` and the
 * instance's workflows, the MCP servers, and the custom routes. `transcripts/later.ts` names what that takes
 * out of the transcripts until then.
 */
import { Mastra } from "fermata";
import { Agent } from "fermata/agent";
import { Memory } from "fermata/memory";
import { SqliteStore, SqliteVector } from "fermata/sqlite";
import { createTool } from "fermata/tools";
import { z } from "zod";
import { addWorkflow, approvalWorkflow, failWorkflow, graphWorkflow, slowWorkflow, writerWorkflow } from "./app-workflows.ts";
import { scriptedModel, scriptedModelV3 } from "./scripted-model.ts";

const weatherTool = createTool({
  id: "weatherTool",
  description: "Weather for a city",
  inputSchema: z.object({ city: z.string().describe("City name") }),
  outputSchema: z.object({ city: z.string(), tempC: z.number() }),
  execute: async ({ city }, context) => ({ city, tempC: context.requestContext.get("unit") === "f" ? 70 : 21 }),
});

const deleteFile = createTool({
  id: "deleteFile",
  description: "Delete a file",
  requireApproval: true,
  inputSchema: z.object({ path: z.string() }),
  outputSchema: z.object({ deleted: z.boolean() }),
  execute: async () => ({ deleted: true }),
});

const answerSchema = z.object({ answer: z.string() });
const askUser = createTool({
  id: "askUser",
  description: "Asks the user and waits",
  inputSchema: z.object({ question: z.string() }),
  outputSchema: answerSchema,
  suspendSchema: z.object({ question: z.string() }),
  resumeSchema: answerSchema,
  execute: async ({ question }, context) => {
    const resumed = context.agent?.resumeData;
    return resumed === undefined ? await context.agent?.suspend({ question }) : { answer: answerSchema.parse(resumed).answer };
  },
});

const brokenTool = createTool({
  id: "brokenTool",
  description: "Always throws",
  inputSchema: z.object({}),
  execute: async () => {
    throw new Error("tool blew up");
  },
});

const progressTool = createTool({
  id: "progressTool",
  description: "Writes progress",
  inputSchema: z.object({ n: z.number() }),
  execute: async ({ n }, context) => {
    for (let i = 1; i <= n; i++) await context.writer.write({ type: "progress", i });
    await context.writer.custom({ type: "data-progress", data: { pct: 100 } });
    return { done: n };
  },
});

const storage = new SqliteStore({ id: "demo-store", url: ":memory:" });
const vector = new SqliteVector({ id: "demo-vector", url: ":memory:" });
const memory = new Memory({ storage, options: { lastMessages: 10, workingMemory: { enabled: true, template: "# User\n- name:" } } });

const plainAgent = new Agent({
  id: "plainAgent",
  name: "Plain Agent",
  description: "No tools, no memory",
  instructions: "You are plain.",
  model: scriptedModel(),
  // As in the application behind the transcripts, which keeps no runs: a caller who leaves ends the turn at once.
  onDisconnect: "cancel",
});

const toolAgent = new Agent({
  id: "toolAgent",
  name: "Tool Agent",
  description: "Has tools and memory",
  instructions: "You are a tool agent. SECRET-INSTRUCTIONS.",
  model: scriptedModel(),
  tools: { weatherTool, deleteFile, askUser, brokenTool, progressTool },
  memory,
});

const v3Agent = new Agent({
  id: "v3Agent",
  name: "V3 Agent",
  instructions: "v3 model",
  model: scriptedModelV3(),
  tools: { weatherTool },
});

const bossAgent = new Agent({
  id: "bossAgent",
  name: "Boss",
  instructions: ({ requestContext }) => {
    const tier = requestContext.get("tier");
    return `tier=${typeof tier === "string" ? tier : "none"}`;
  },
  model: scriptedModel(),
  agents: { plainAgent },
  workflows: { addWorkflow },
  tools: { weatherTool },
  memory,
});

/** Not of the recorded application: what the request context decides can be seen from outside on this one. */
const tierAgent = new Agent({
  id: "tierAgent",
  name: "Tier Agent",
  instructions: "Tools for the gold tier.",
  model: scriptedModel(),
  tools: ({ requestContext }) => (requestContext.get("tier") === "gold" ? { weatherTool } : {}),
});

/** The registry that the suites expect on the other side. */
export const mastra = new Mastra({
  logger: false,
  storage,
  vectors: { demoVector: vector },
  agents: { toolAgent, plainAgent, v3Agent, bossAgent, tierAgent },
  tools: { weatherTool, deleteFile, askUser, brokenTool },
  workflows: { addWorkflow, approvalWorkflow, graphWorkflow, failWorkflow, writerWorkflow, slowWorkflow },
});
