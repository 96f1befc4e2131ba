import { createTool } from "fermata";
import { z } from "zod";
import { findCity, todayIn, weatherOn, type Weather } from "../climate.ts";

export const packingTool = createTool({
  id: "packing_advice",
  description: "Tell what to pack and which clothes to wear for the weather of a city",
  inputSchema: z.object({
    city: z.string().describe("Name of the city"),
    date: z.iso.date().optional().describe("The first day as YYYY-MM-DD. Default: today"),
  }),
  execute: async ({ city, date }) => {
    const place = findCity(city);
    const day = date ?? todayIn(place);
    return { city: place.city, date: day, items: itemsFor(weatherOn(place, day)) };
  },
});

function itemsFor({ condition, lowC, highC, windKmh }: Weather): string[] {
  const items: string[] = [];
  if (highC >= 24) items.push("light clothes");
  else if (highC >= 14) items.push("a light jacket");
  else if (highC >= 5) items.push("a warm coat");
  else items.push("a winter coat", "gloves", "a hat");
  if (lowC < 12 && highC >= 5) items.push("a sweater");
  if (condition === "rain") items.push(windKmh > 30 ? "a rain jacket" : "an umbrella");
  if (condition === "snow") items.push("boots");
  if (condition === "sunny" && highC >= 18) items.push("sunglasses", "sunscreen");
  return items;
}
