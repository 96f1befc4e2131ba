import { createTool } from "fermata";
import { z } from "zod";
import { findCity } from "../climate.ts";

export const localTimeTool = createTool({
  id: "get_local_time",
  description: "Get the current local time and date in a city",
  inputSchema: z.object({ city: z.string().describe("Name of the city") }),
  execute: async ({ city }) => {
    const { city: name, timeZone } = findCity(city);
    const now = new Date();
    const time = new Intl.DateTimeFormat("en-GB", { timeZone, timeStyle: "short" }).format(now);
    const date = new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "full" }).format(now);
    return { city: name, time, date, timeZone };
  },
});
