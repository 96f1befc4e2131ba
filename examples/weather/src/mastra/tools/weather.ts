import { createTool } from "fermata";
import { z } from "zod";
import { findCity, todayIn, weatherOn } from "../climate.ts";

export const weatherTool = createTool({
  id: "get_weather",
  description: "Get the weather of a city, for today or for another day",
  inputSchema: z.object({
    city: z.string().describe("Name of the city"),
    date: z.iso.date().optional().describe("The day as YYYY-MM-DD. Default: today"),
  }),
  outputSchema: z.object({
    city: z.string(),
    country: z.string(),
    date: z.string(),
    condition: z.enum(["sunny", "partly cloudy", "cloudy", "rain", "snow"]),
    lowC: z.number(),
    highC: z.number(),
    chanceOfRainPercent: z.number(),
    windKmh: z.number(),
  }),
  execute: async ({ city, date }) => {
    const place = findCity(city);
    const day = date ?? todayIn(place);
    return { city: place.city, country: place.country, date: day, ...weatherOn(place, day) };
  },
});
