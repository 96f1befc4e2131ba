/** Fermata, as an app would mount it. */
import { serve } from "@hono/node-server";
import { Mastra } from "fermata";
import { Agent } from "fermata/agent";
import { MastraServer } from "fermata/hono";
import { createTool } from "fermata/tools";
import { Hono } from "hono";
import { z } from "zod";
import { buildMastra } from "./app.js";
import { run } from "./process.js";

const app = new Hono();
await new MastraServer({ app, mastra: buildMastra({ Mastra, Agent, createTool, z }) }).init();
run(serve, app);
