/** Started by tests as a process of its own: serves an app as its environment says, and writes its log to the output. */
import { Agent } from "../../src/agents/agent.ts";
import { Mastra, type ServerConfig } from "../../src/mastra.ts";
import { serve } from "../../src/serve.ts";
import { PostgresStore } from "../../src/storage/postgres/index.ts";
import { SqliteStore } from "../../src/storage/sqlite/index.ts";
import type { Store } from "../../src/storage/store.ts";
import { partModel } from "./part-model.ts";
import { textParts } from "./scripted-model.ts";

const config = JSON.parse(process.env.SERVER_CONFIG ?? "{}") as ServerConfig;
const at = process.env.STORE_URL ?? "";
const storage: Store | undefined = at.startsWith("file:")
  ? new SqliteStore({ url: at })
  : at === ""
    ? undefined
    : new PostgresStore({ connectionString: at });
const slow = partModel(({ prompt }) => {
  const parts = textParts("slow answer");
  if (!JSON.stringify(prompt).includes("slowly")) return parts;
  process.stdout.write("asked\n");
  return new Promise((resolve) => process.on("message", () => resolve(parts)));
});
const agent = new Agent({ id: "a", name: "A", instructions: "Be brief.", model: slow });
const { url } = await serve(new Mastra({ agents: { a: agent }, server: config, ...(storage && { storage }) }));
process.stdout.write(`serving ${url}\n`);
