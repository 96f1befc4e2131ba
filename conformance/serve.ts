/**
 * Serves the application on a free port of 127.0.0.1 and writes its address to the standard output, alone on the first line.
 * Settings are those under which the transcripts were recorded: bodies up to 256 KiB, the OpenAPI document on, projection on.
 * Beside the API stands `GET /scripted-model/calls`: what the model was asked, and which of the calls were aborted.
 */
import { serve } from "@hono/node-server";
import { MastraServer } from "fermata/hono";
import { Hono } from "hono";
import { mastra } from "./app.ts";
import { modelCalls } from "./scripted-model.ts";

const app = new Hono();
app.get("/scripted-model/calls", (context) => context.json(modelCalls));

const server = new MastraServer({ app, mastra, openapiPath: "/openapi.json", bodyLimitOptions: { maxSize: 256 * 1024 } });
await server.init();

const listener = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});

process.once("SIGTERM", () => {
  listener.close();
  process.exit(0);
});
