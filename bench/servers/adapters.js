/**
 * One framework, with the adapter or bare: `BENCH_FRAMEWORK` and `BENCH_SIDE` say which. Bare, it gives the same bytes from two handlers
 * written as its users write them: the body parsed, an object as JSON, a stream.
 *
 * @import { Server } from 'node:http'
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { serve } from "@hono/node-server";
import express from "express";
import { Mastra } from "fermata";
import { Agent } from "fermata/agent";
import { MastraServer as OnExpress } from "fermata/express";
import { MastraServer as OnFastify } from "fermata/fastify";
import { createHandler } from "fermata/fetch";
import { MastraServer as OnHono } from "fermata/hono";
import { MastraServer as OnKoa } from "fermata/koa";
import { createNodeHandler } from "fermata/node";
import { createTool } from "fermata/tools";
import Fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { bodyParser } from "@koa/bodyparser";
import { z } from "zod";
import { model } from "../model.js";
import { buildMastra } from "./app.js";
import { answerQuestions } from "./process.js";

const GENERATE = "/api/agents/writer/generate";
const STREAM = "/api/agents/writer/stream";
const SSE = { "content-type": "text/event-stream", "cache-control": "no-cache", "x-accel-buffering": "no" };

/** @type {((atMs: number) => void) | undefined} */
let tellAbort;
/** Says one word, and then waits until its signal aborts. */
const waiting = {
  ...model,
  /** @param {{ abortSignal?: AbortSignal }} options */
  async doStream({ abortSignal }) {
    abortSignal?.addEventListener("abort", () => tellAbort?.(performance.timeOrigin + performance.now()));
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue({ type: "text-start", id: "1" });
        controller.enqueue({ type: "text-delta", id: "1", delta: "word" });
      },
    });
    return { stream };
  },
};

const mastra = buildMastra({ Mastra, Agent, createTool, z }, undefined, {
  waiter: new Agent({ id: "waiter", name: "Waiter", instructions: "Wait.", model: waiting }),
});
const handler = createHandler({ mastra });
const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{"messages":"Say something."}' };
/** What the bare framework answers. */
const reply = await (await handler(new Request(`http://localhost${GENERATE}`, init))).json();
const frames = new TextEncoder().encode(await (await handler(new Request(`http://localhost${STREAM}`, init))).text());

/** @type {Record<string, { bare: () => Promise<Server>, fermata: () => Promise<Server> }>} */
const FRAMEWORKS = {
  hono: {
    async bare() {
      const app = new Hono();
      app.post(GENERATE, async (c) => ((await c.req.json()).messages ? c.json(reply) : c.notFound()));
      app.post(STREAM, async (c) => ((await c.req.json()).messages ? new Response(bytes(), { headers: SSE }) : c.notFound()));
      return listenHono(app);
    },
    async fermata() {
      const app = new Hono();
      await new OnHono({ app, mastra }).init();
      return listenHono(app);
    },
  },
  express: {
    async bare() {
      const app = express();
      app.use(express.json());
      app.post(GENERATE, (request, response) => void response.json(request.body.messages && reply));
      app.post(STREAM, (request, response) => void (request.body.messages && response.writeHead(200, SSE).end(frames)));
      return listen(createServer(app));
    },
    async fermata() {
      const app = express();
      await new OnExpress({ app, mastra }).init();
      return listen(createServer(app));
    },
  },
  fastify: {
    async bare() {
      const app = Fastify();
      app.post(GENERATE, (request, response) => response.send(/** @type {any} */ (request.body).messages && reply));
      app.post(STREAM, (request, response) =>
        response.headers(SSE).send(/** @type {any} */ (request.body).messages && Readable.from([frames])),
      );
      await app.listen({ port: 0, host: "127.0.0.1" });
      return app.server;
    },
    async fermata() {
      const app = Fastify();
      await new OnFastify({ app, mastra }).init();
      await app.listen({ port: 0, host: "127.0.0.1" });
      return app.server;
    },
  },
  koa: {
    async bare() {
      const app = new Koa();
      app.use(bodyParser());
      app.use((ctx) => {
        const { messages } = /** @type {any} */ (ctx.request).body;
        if (ctx.path === STREAM) ctx.set(SSE);
        ctx.body = messages && (ctx.path === STREAM ? Readable.from([frames]) : reply);
      });
      return listen(toServer(app.callback()));
    },
    async fermata() {
      const app = new Koa();
      await new OnKoa({ app, mastra }).init();
      return listen(toServer(app.callback()));
    },
  },
  node: {
    bare: () =>
      listen(
        toServer(async (request, response) => {
          let text = "";
          for await (const chunk of request) text += chunk;
          if (!JSON.parse(text).messages) response.writeHead(400).end();
          else if (request.url === STREAM) response.writeHead(200, SSE).end(frames);
          else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply));
        }),
      ),
    fermata: () => listen(createServer(createNodeHandler({ mastra }))),
  },
};

function bytes() {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(frames);
      controller.close();
    },
  });
}

/** @param {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => Promise<void>} handle */
const toServer = (handle) => createServer((request, response) => void handle(request, response));

/** @param {Server} server */
async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** @param {Hono} app @returns {Promise<Server>} */
async function listenHono(app) {
  const server = /** @type {Server} */ (serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }));
  if (!server.listening) await once(server, "listening");
  return server;
}

const { BENCH_FRAMEWORK = "hono", BENCH_SIDE = "fermata" } = process.env;
const server = await FRAMEWORKS[BENCH_FRAMEWORK]?.[/** @type {'bare' | 'fermata'} */ (BENCH_SIDE)]();
const address = server?.address();
if (typeof address !== "object" || !address) throw new Error(`No framework "${BENCH_FRAMEWORK}"`);
/** @type {Promise<number>} */
let aborted = new Promise((resolve) => (tellAbort = resolve));
console.log(JSON.stringify({ port: address.port }));
answerQuestions({
  async aborted() {
    const atMs = await aborted;
    aborted = new Promise((resolve) => (tellAbort = resolve));
    return { atMs };
  },
});
