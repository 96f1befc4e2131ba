import { Agent, createTool, Mastra, serve } from "fermata";
import { z } from "zod";
const convert = createTool({
  id: "miles_to_km",
  description: "Convert miles to kilometres",
  inputSchema: z.object({ miles: z.number() }),
  execute: async ({ miles }) => ({ km: miles * 1.609344 }),
});
const guide = new Agent({
  name: "Guide",
  instructions: "Answer in metric units.",
  model: "auto", // a key in the environment, a local model server, or the offline model
  tools: { miles_to_km: convert },
});
await serve(new Mastra({ agents: { guide } }));
