import { Agent, createLogger, Mastra } from "fermata";
import { localTimeTool } from "./tools/local-time.ts";
import { packingTool } from "./tools/packing.ts";
import { weatherTool } from "./tools/weather.ts";

const weather = new Agent({
  id: "weather",
  name: "Weather",
  description: "Knows the weather and the time in some sixty cities, and what to pack.",
  instructions: "You answer questions about the weather. Use the tools; never guess. Be brief.",
  model: "auto",
  tools: { get_weather: weatherTool, get_local_time: localTimeTool, packing_advice: packingTool },
});

export const mastra = new Mastra({
  agents: { weather },
  logger: createLogger({ level: "warn" }),
});
