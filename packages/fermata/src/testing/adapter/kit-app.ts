/** The app that the adapter kit serves: something for every kind of route, with answers that do not change from run to run. */
import type { Context } from "hono";
import { z } from "zod";
import { Agent } from "../../agents/agent.ts";
import { Mastra, type ApiRoute, type ServerConfig } from "../../mastra.ts";
import { Memory } from "../../memory/memory.ts";
import { registerApiRoute } from "../../server/custom-routes.ts";
import { MemoryStore } from "../../storage/memory/memory-store.ts";
import { MemoryVector } from "../../storage/vector/memory-vector.ts";
import { createTool } from "../../tools/tool.ts";
import { createStep } from "../../workflows/create-step.ts";
import { createWorkflow } from "../../workflows/workflow.ts";
import { lastText, partModel, textParts, toolCallParts } from "../part-model.ts";

/** What pages of this origin may read. */
export const PAGE = "https://page.example";

/** Says what it is told; `tool:<name>` calls that tool, `many` answers in 200 pieces, `fail` fails. */
const model = partModel(({ prompt }) => {
  if (prompt.at(-1)?.role === "tool") return textParts("done");
  const text = lastText(prompt);
  if (text.startsWith("tool:")) return toolCallParts(text.slice("tool:".length), { text: "from the model" });
  if (text === "many") return textParts(...Array.from({ length: 200 }, (_, index) => `${index} `));
  if (text === "fail") throw new Error("the model fails");
  return textParts(text);
});

const echo = createTool({
  id: "echo",
  description: "Gives back what it gets",
  inputSchema: z.object({ text: z.string() }),
  execute: async ({ text }) => ({ text }),
});
const guarded = createTool({ id: "guarded", description: "Waits for a yes", requireApproval: true, execute: async () => ({ done: true }) });

const double = createStep({
  id: "double",
  inputSchema: z.object({ value: z.number() }),
  outputSchema: z.object({ value: z.number() }),
  execute: async ({ inputData }) => ({ value: inputData.value * 2 }),
});

function workflows() {
  const ends = { inputSchema: z.object({ value: z.number() }), outputSchema: z.object({ value: z.number() }) };
  return {
    double: createWorkflow({ id: "double", ...ends })
      .then(double)
      .commit(),
  };
}

/** A new app with nothing remembered. A bare one has nothing around its routes: neither middleware nor CORS. */
export function createKitApp(isBare = false): Mastra {
  const storage = new MemoryStore();
  const memory = new Memory({ storage });
  const tools = { echo, guarded };
  return new Mastra({
    logger: false,
    storage,
    agents: {
      main: new Agent({ id: "main", name: "Main", description: "Says it again", instructions: "Say it again.", model, tools }),
      keeper: new Agent({ id: "keeper", name: "Keeper", instructions: "Remember.", model, memory }),
    },
    tools,
    workflows: workflows(),
    memory: { default: memory },
    vectors: { main: new MemoryVector() },
    server: { ...(!isBare && AROUND), apiRoutes: customRoutes() },
  });
}

/** What stands around the routes. */
const AROUND: ServerConfig = {
  cors: { origin: [PAGE], credentials: true, exposeHeaders: ["x-kit"] },
  middleware: [
    async (c, next) => {
      c.get("requestContext").set("from-middleware", "yes");
      await next();
      c.header("x-kit", "middleware");
    },
    { path: "*/blocked", handler: (c) => c.json({ error: "blocked" }, 403) },
    {
      path: "*/read-twice",
      handler: async (c, next) => {
        await c.req.text();
        await next();
      },
    },
  ],
};

const BYTES = Uint8Array.from({ length: 1024 }, (_, index) => index % 256);

function customRoutes(): ApiRoute[] {
  return [
    registerApiRoute("/own/hello/:name", {
      method: "GET",
      openapi: { summary: "Hello" },
      handler: (c) =>
        c.json({ hello: c.req.param("name"), query: c.req.queries(), context: c.get("requestContext").get("from-middleware") }),
    }),
    registerApiRoute("/own/text", { method: "POST", handler: async (c) => c.text(await c.req.text()) }),
    registerApiRoute("/own/read-twice", { method: "POST", handler: async (c) => c.text(await c.req.text()) }),
    registerApiRoute("/own/length", { method: "POST", handler: async (c) => c.json({ bytes: (await c.req.arrayBuffer()).byteLength }) }),
    registerApiRoute("/own/form", { method: "POST", handler: async (c) => c.json(await describeForm(await c.req.raw.formData())) }),
    registerApiRoute("/own/any", { method: "ALL", handler: (c) => c.json({ method: c.req.method }) }),
    registerApiRoute("/own/files/:path{.+}", { method: "GET", handler: (c) => c.text(c.req.param("path") ?? "") }),
    registerApiRoute("/own/number/:id{[0-9]+}", { method: "GET", handler: (c) => c.text(c.req.param("id") ?? "") }),
    registerApiRoute("/own/optional/:id?", { method: "GET", handler: (c) => c.text(c.req.param("id") ?? "none") }),
    registerApiRoute("/own/below/*", { method: "GET", handler: (c) => c.text(c.req.path) }),
    registerApiRoute("/own/bytes", { method: "GET", handler: (c) => c.body(BYTES, 200, { "content-type": "application/octet-stream" }) }),
    registerApiRoute("/own/large", { method: "GET", handler: (c) => c.text("0123456789".repeat(100_000)) }),
    registerApiRoute("/own/empty", { method: "GET", handler: (c) => c.body(null, 204) }),
    registerApiRoute("/own/moved", { method: "GET", handler: (c) => c.redirect("/own/any", 302) }),
    registerApiRoute("/own/cookies", { method: "GET", handler: twoCookies }),
    registerApiRoute("/own/headers", {
      method: "GET",
      handler: (c) => c.json({ one: c.req.header("x-one") ?? null, cookie: c.req.header("cookie") ?? null }),
    }),
    registerApiRoute("/own/throws", {
      method: "GET",
      handler: () => {
        throw new Error("secret of the app");
      },
    }),
    registerApiRoute("/own/pieces", {
      method: "GET",
      handler: () => new Response(piecesOf(["a", "b", "c"]), { headers: { "content-type": "text/plain" } }),
    }),
    registerApiRoute("/own/url", { method: "GET", handler: (c) => c.text(new URL(c.req.url).pathname + new URL(c.req.url).search) }),
    registerApiRoute("/own/blocked", { method: "GET", handler: (c) => c.text("never") }),
    registerApiRoute("/own/small", { method: "POST", maxBodySize: 16, handler: async (c) => c.text(await c.req.text()) }),
    registerApiRoute("/own/closed", { method: "GET", cors: false, handler: (c) => c.text("closed") }),
    registerApiRoute("/own/open", { method: "GET", cors: { origin: "*" }, handler: (c) => c.text("open") }),
  ];
}

function twoCookies(c: Context): Response {
  c.header("set-cookie", "a=1; Path=/", { append: true });
  c.header("set-cookie", "b=2; Path=/", { append: true });
  return c.text("cookies");
}

async function describeForm(form: FormData): Promise<Record<string, unknown>> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of form) {
    fields[name] = typeof value === "string" ? value : { name: value.name, type: value.type, sum: sumOf(await value.arrayBuffer()) };
  }
  return fields;
}

/** Tells whether bytes arrived as they were sent. */
function sumOf(buffer: ArrayBuffer): number {
  return new Uint8Array(buffer).reduce((sum, byte, index) => (sum + byte * (index + 1)) % 1_000_003, 0);
}

function piecesOf(texts: readonly string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const text of texts) controller.enqueue(encoder.encode(text));
      controller.close();
    },
  });
}
