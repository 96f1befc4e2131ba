/** Fermata, as an app would mount it. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { Mastra } from "fermata";
import { Agent } from "fermata/agent";
import { MastraServer } from "fermata/hono";
import { Memory } from "fermata/memory";
import { SqliteStore } from "fermata/sqlite";
import { createTool } from "fermata/tools";
import { Hono } from "hono";
import { z } from "zod";
import { buildMastra } from "./app.js";
import { run } from "./process.js";

const app = new Hono();
const storage = new SqliteStore({ url: `file:${join(mkdtempSync(join(tmpdir(), "fermata-bench-")), "data.db")}` });
const mastra = buildMastra({ Mastra, Agent, createTool, z }, { memory: new Memory({ storage }) });
await new MastraServer({ app, mastra }).init();
run(serve, app);
