/**
 * Serves the application on a free port of 127.0.0.1 and writes its address to the standard output, alone on the first line.
 * Settings are those under which the transcripts were recorded: bodies up to 256 KiB, the OpenAPI document on, projection on.
 * Beside the API stands `GET /scripted-model/calls`: what the model was asked, and which of the calls were aborted.
 */
import { mastra } from "./app.ts";
import { mounts } from "./mount.ts";
import { modelCalls } from "./scripted-model.ts";

const adapter = process.env["CONFORMANCE_ADAPTER"] ?? "hono";
const mount = mounts[adapter];
if (!mount) throw new Error(`CONFORMANCE_ADAPTER: there is no "${adapter}"; there are ${Object.keys(mounts).join(", ")}.`);
const server = await mount({ mastra, openapiPath: "/openapi.json", bodyLimitOptions: { maxSize: 256 * 1024 } }, modelCalls);
process.stdout.write(`${server.url}\n`);

process.once("SIGTERM", () => {
  void server.close();
  process.exit(0);
});
