import { Mastra } from "fermata";
import { SqliteStore } from "fermata/sqlite";
import { weather } from "./agents/weather";
import { planTrip } from "./workflows/plan-trip";

export const mastra = new Mastra({
  agents: { weather },
  workflows: { planTrip },
  // Threads, messages and runs outlive the process: .fermata/data.db
  storage: new SqliteStore(),
});
