import { serve as listen } from "@hono/node-server";
import { Agent, Mastra } from "fermata";
import { MastraServer } from "fermata/hono";
import { Hono } from "hono";

const mastra = new Mastra({ agents: { guide: new Agent({ id: "guide", name: "Guide", instructions: "Be brief.", model: "auto" }) } });
const app = new Hono();
app.get("/", (c) => c.text("My own page"));

const server = new MastraServer({ app, mastra, prefix: "/ai", openapiPath: "/openapi.json" });
await server.init();
listen({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: "localhost" }, ({ port }) => {
  console.log(`Listening on http://localhost:${port}`);
});
