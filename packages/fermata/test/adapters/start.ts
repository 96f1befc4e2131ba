/** Every adapter, started on a free port of this machine. */
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { bodyParser } from "@koa/bodyparser";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import { serve } from "@hono/node-server";
import express from "express";
import express4 from "express4";
import Fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { MastraServer as ExpressServer } from "../../src/adapters/express.ts";
import { MastraServer as FastifyServer } from "../../src/adapters/fastify.ts";
import { createHandler, type HandlerOptions } from "../../src/adapters/handler.ts";
import { MastraServer as HonoServer } from "../../src/adapters/hono.ts";
import { MastraServer as KoaServer } from "../../src/adapters/koa.ts";
import { MastraModule } from "../../src/adapters/nestjs.ts";
import { createNextRouteHandler } from "../../src/adapters/next.ts";
import { createNodeHandler, MastraServer as NodeServer } from "../../src/adapters/node.ts";
import { createSvelteKitHandler } from "../../src/adapters/sveltekit.ts";
import { createStartRouteHandler } from "../../src/adapters/tanstack-start.ts";
import type { AdapterUnderTest, StartedServer } from "../../src/testing/adapter/adapter-suite.ts";

export async function listening(server: Server): Promise<StartedServer> {
  if (!server.listening) await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const listen = (listener: RequestListener): Promise<StartedServer> => listening(createServer(listener).listen(0, "127.0.0.1"));

const onExpress =
  (create: typeof express, parse: boolean) =>
  async (options: HandlerOptions): Promise<StartedServer> => {
    const app = create();
    if (parse) app.use(create.json({ limit: "1mb" }), create.urlencoded({ extended: false }), create.text());
    await new ExpressServer({ app, ...options }).init();
    return listen(app);
  };

const onKoa =
  (parse: boolean) =>
  async (options: HandlerOptions): Promise<StartedServer> => {
    const app = new Koa();
    if (parse) app.use(bodyParser({ enableTypes: ["json", "form", "text"] }));
    await new KoaServer({ app, ...options }).init();
    const answer = app.callback();
    return listen((request, response) => void answer(request, response));
  };

async function onFastify(options: HandlerOptions): Promise<StartedServer> {
  const app = Fastify();
  await new FastifyServer({ app, ...options }).init();
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { origin: app.listeningOrigin, close: () => app.close() };
}

async function onFastifyScope(options: HandlerOptions): Promise<StartedServer> {
  const app = Fastify({ forceCloseConnections: true });
  await app.register(async (scope) => new FastifyServer({ app: scope, ...options }).init());
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { origin: app.listeningOrigin, close: () => app.close() };
}

// oxlint-disable-next-line typescript/no-extraneous-class -- Nest's form of a module
class NestApp {}

async function onNest(options: HandlerOptions): Promise<StartedServer> {
  const app = await NestFactory.create(
    { module: NestApp, imports: [MastraModule.register(options)] },
    { logger: false, bodyParser: false, forceCloseConnections: true },
  );
  await app.listen(0, "127.0.0.1");
  return { origin: await app.getUrl(), close: () => app.close() };
}

async function onNestFastify(options: HandlerOptions): Promise<StartedServer> {
  const module = { module: NestApp, imports: [MastraModule.registerAsync({ useFactory: async () => options })] };
  const app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter({ forceCloseConnections: true }), {
    logger: false,
    bodyParser: false,
  });
  const instance = app.getHttpAdapter().getInstance();
  instance.addContentTypeParser("*", (_request: unknown, _payload: unknown, done: (error: null) => void) => done(null));
  await app.listen(0, "127.0.0.1");
  return { origin: await app.getUrl(), close: () => app.close() };
}

async function onHono(options: HandlerOptions): Promise<StartedServer> {
  const app = new Hono();
  await new HonoServer({ app, openaiAtRoot: false, ...options }).init();
  return listening(serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }) as Server); // without options it is HTTP/1
}

const PARSED = { "no JSON": "the host's parser answers" };

export const adapters: readonly AdapterUnderTest[] = [
  { name: "fetch", start: (options) => listening(serve({ fetch: createHandler(options), port: 0, hostname: "127.0.0.1" }) as Server) },
  { name: "Hono", start: onHono },
  { name: "node:http listener", start: async (options) => listen(createNodeHandler(options)) },
  {
    name: "node:http server",
    async start(options) {
      const app = createServer((_request, response) => response.writeHead(404).end());
      await new NodeServer({ app, ...options }).init();
      return listening(app.listen(0, "127.0.0.1"));
    },
  },
  { name: "Express 5", start: onExpress(express, false) },
  { name: "Express 5 behind body parsers", start: onExpress(express, true), skip: PARSED },
  { name: "Express 4", start: onExpress(express4, false) },
  { name: "Fastify 5", start: onFastify },
  { name: "Fastify 5, in a scope", start: onFastifyScope },
  { name: "Koa", start: onKoa(false) },
  { name: "Koa behind a body parser", start: onKoa(true), skip: PARSED },
  { name: "Nest on Express", start: onNest },
  { name: "Nest on Fastify", start: onNestFastify, skip: PARSED },
];

type RouteFile = Readonly<Record<string, (request: Request) => Promise<Response>>>;

/** Those of frameworks that have a file per route and call one function per method. */
const onRouteFile =
  (create: (options: HandlerOptions) => RouteFile) =>
  (options: HandlerOptions): Promise<StartedServer> => {
    const methods = create(options);
    const fetch = async (request: Request): Promise<Response> => methods[request.method]?.(request) ?? new Response(null, { status: 405 });
    return listening(serve({ fetch, port: 0, hostname: "127.0.0.1" }) as Server); // without options it is HTTP/1
  };

const ofEvents = (methods: Readonly<Record<string, (event: { readonly request: Request }) => Promise<Response>>>): RouteFile =>
  Object.fromEntries(Object.entries(methods).map(([method, handle]) => [method, (request: Request) => handle({ request })]));

export const routeFileAdapters: readonly AdapterUnderTest[] = [
  { name: "Next route file", start: onRouteFile(createNextRouteHandler) },
  { name: "SvelteKit endpoint", start: onRouteFile((options) => ofEvents(createSvelteKitHandler(options))) },
  { name: "TanStack Start route", start: onRouteFile((options) => ofEvents(createStartRouteHandler(options))) },
];
