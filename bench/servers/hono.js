/** Bare Hono: what starting Node with Hono costs. Measured for start-up and idle memory only. */
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { run } from "./process.js";

const app = new Hono();
app.get("/api/agents", (c) => c.json({}));
run(serve, app);
