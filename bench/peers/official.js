/** The official server, as an app would mount it. It lives here so that it resolves its own packages. */
import { serve } from "@hono/node-server";
import { Mastra } from "@mastra/core";
import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { MastraServer } from "@mastra/hono";
import { Hono } from "hono";
import { z } from "zod";
import { buildMastra } from "../servers/app.js";
import { run } from "../servers/process.js";

const app = new Hono();
await new MastraServer({ app, mastra: buildMastra({ Mastra, Agent, createTool, z }) }).init();
run(serve, app);
