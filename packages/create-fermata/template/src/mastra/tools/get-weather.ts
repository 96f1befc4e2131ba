import { createTool } from "fermata/tools";
import { z } from "zod";

const CONDITIONS = ["sunny", "cloudy", "windy", "rain"] as const;

/** The same city always has the same weather here. Replace it with a real source. */
export function weatherIn(city: string) {
  const number = Array.from(city.toLowerCase()).reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0);
  return { city, condition: CONDITIONS[number % CONDITIONS.length] ?? "sunny", highC: 10 + (number % 20) };
}

export const getWeather = createTool({
  id: "get_weather",
  description: "The weather in a city today.",
  inputSchema: z.object({ city: z.string().describe("The city's name") }),
  outputSchema: z.object({ city: z.string(), condition: z.string(), highC: z.number() }),
  execute: async ({ city }) => weatherIn(city),
});
