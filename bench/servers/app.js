/**
 * The application of the bench, written once for every framework that has the same names.
 * The frameworks and zod are passed in: each server brings its own copies.
 *
 * @import { z as Zod } from 'zod'
 */
import { model, TOOL_NAME } from "../model.js";

/** @param {{ city: string }} input */
export const weather = ({ city }) => ({ city, tempC: 21 });

/**
 * The options are `any` because each framework types them in its own way; a wrong one shows in the first reply, which is checked whole.
 *
 * @template M
 * @param {{ Mastra: new (options: any) => M, Agent: new (options: any) => unknown, createTool: (options: any) => unknown, z: typeof Zod }} framework
 * @param {{ memory: unknown }} [kept] for the agent that remembers; each of its runs begins a thread. The others keep nothing
 * @param {Readonly<Record<string, unknown>>} [more] agents beside those
 * @returns {M}
 */
export function buildMastra({ Mastra, Agent, createTool, z }, kept, more = {}) {
  const tool = createTool({
    id: TOOL_NAME,
    description: "Weather for a city",
    inputSchema: z.object({ city: z.string().describe("City name") }),
    outputSchema: z.object({ city: z.string(), tempC: z.number() }),
    execute: async (/** @type {{ city: string }} */ input) => weather(input),
  });
  const assistant = new Agent({
    id: "assistant",
    name: "Assistant",
    description: "Answers, with a tool",
    instructions: "You are a helpful assistant.",
    model,
    tools: { [TOOL_NAME]: tool },
  });
  const writer = new Agent({ id: "writer", name: "Writer", description: "Answers in text", instructions: "You write well.", model });
  if (!kept) return new Mastra({ agents: { assistant, writer, ...more }, logger: false });
  const defaultOptions = () => ({ memory: { thread: crypto.randomUUID(), resource: "bench" } });
  const keeper = new Agent({ id: "keeper", name: "Keeper", instructions: "You write well.", model, memory: kept.memory, defaultOptions });
  return new Mastra({ agents: { assistant, writer, keeper }, logger: false });
}
