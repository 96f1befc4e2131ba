import { createStep, createWorkflow } from "fermata/workflows";
import { z } from "zod";
import { weatherIn } from "../tools/get-weather";

const forecast = createStep({
  id: "forecast",
  inputSchema: z.object({ city: z.string() }),
  outputSchema: z.object({ city: z.string(), condition: z.string(), highC: z.number() }),
  execute: async ({ inputData }) => weatherIn(inputData.city),
});

const pack = createStep({
  id: "pack",
  inputSchema: z.object({ city: z.string(), condition: z.string(), highC: z.number() }),
  outputSchema: z.object({ city: z.string(), take: z.array(z.string()) }),
  execute: async ({ inputData: { city, condition, highC } }) => ({
    city,
    take: [highC < 18 ? "a coat" : "a hat", ...(condition === "rain" ? ["an umbrella"] : [])],
  }),
});

export const planTrip = createWorkflow({
  id: "planTrip",
  description: "What to take on a trip to a city.",
  inputSchema: z.object({ city: z.string() }),
  outputSchema: z.object({ city: z.string(), take: z.array(z.string()) }),
})
  .then(forecast)
  .then(pack)
  .commit();
