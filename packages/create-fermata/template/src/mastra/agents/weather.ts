import { Agent } from "fermata/agent";
import { Memory } from "fermata/memory";
import { getWeather } from "../tools/get-weather";

export const weather = new Agent({
  id: "weather",
  name: "Weather",
  description: "Knows what the weather is like in a city.",
  instructions: "You answer questions about the weather. Use the tool; never guess. Be brief.",
  // The first provider with a key in the environment; without one, fixed rules.
  model: "auto",
  tools: { get_weather: getWeather },
  memory: new Memory({ options: { lastMessages: 20 } }),
});
