/**
 * The same app of somebody's own on each framework: a key that every request needs, a header on every reply, a tier in the request context,
 * routes before and after the server's, a failure handler and a 404 of its own.
 */
import { createServer } from "node:http";
import { Controller, Get, Inject, type CanActivate, type ExceptionFilter, type ArgumentsHost } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import express from "express";
import Fastify from "fastify";
import Koa from "koa";
import { MastraServer as ExpressServer } from "../../src/adapters/express.ts";
import { MastraServer as FastifyServer } from "../../src/adapters/fastify.ts";
import { MastraServer as KoaServer } from "../../src/adapters/koa.ts";
import { MASTRA, MastraModule } from "../../src/adapters/nestjs.ts";
import { MastraServer as NodeServer } from "../../src/adapters/node.ts";
import { RequestContext } from "../../src/context/request-context.ts";
import type { Mastra } from "../../src/mastra.ts";
import type { StartedServer } from "../../src/testing/adapter/adapter-suite.ts";
import { listening } from "./start.ts";

export const KEY = "host-key";
const agentNames = (mastra: Mastra): string => Object.keys(mastra.listAgents()).join();

function gold(): RequestContext {
  const context = new RequestContext();
  context.set("tier", "gold");
  return context;
}

async function onExpress(mastra: Mastra): Promise<StartedServer> {
  const app = express();
  app.use((request, response, next) => {
    response.setHeader("x-host", "yes");
    response.locals.requestContext = gold();
    if (request.get("x-key") === KEY) next();
    else response.status(401).send("the host's 401");
  });
  app.get("/api/agents/host", (_request, response) => void response.send("before"));
  await new ExpressServer({ app, mastra }).init();
  app.get("/api/after", (_request, response) => void response.send(agentNames(response.locals.mastra as Mastra)));
  app.get("/fails", () => {
    throw new Error("the host's");
  });
  app.use((_request, response) => void response.status(404).send("the host's 404"));
  app.use(
    (_error: unknown, _request: unknown, response: express.Response, _next: unknown) => void response.status(500).send("the host's 500"),
  );
  return listening(app.listen(0, "127.0.0.1"));
}

async function onFastify(mastra: Mastra): Promise<StartedServer> {
  const app = Fastify({ forceCloseConnections: true });
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-host", "yes");
    request.requestContext = gold();
    if (request.headers["x-key"] !== KEY) return reply.code(401).send("the host's 401");
    return undefined;
  });
  app.get("/api/agents/host", () => "before");
  await new FastifyServer({ app, mastra }).init();
  app.get("/api/after", (request) => agentNames(request.mastra));
  app.get("/fails", () => {
    throw new Error("the host's");
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send("the host's 404"));
  app.setErrorHandler((_error, _request, reply) => reply.code(500).send("the host's 500"));
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { origin: app.listeningOrigin, close: () => app.close() };
}

async function onKoa(mastra: Mastra): Promise<StartedServer> {
  const app = new Koa();
  app.use(async (ctx, next) => {
    ctx.set("x-host", "yes");
    ctx.state.requestContext = gold();
    if (ctx.get("x-key") !== KEY) {
      ctx.status = 401;
      ctx.body = "the host's 401";
      return;
    }
    try {
      await next();
    } catch {
      ctx.status = 500;
      ctx.body = "the host's 500";
    }
  });
  app.use((ctx, next) => (ctx.path === "/api/agents/host" ? void (ctx.body = "before") : next()));
  await new KoaServer({ app, mastra }).init();
  app.use((ctx) => {
    if (ctx.path === "/fails") throw new Error("the host's");
    ctx.status = ctx.path === "/api/after" ? 200 : 404;
    ctx.body = ctx.path === "/api/after" ? agentNames(ctx.state.mastra as Mastra) : "the host's 404";
  });
  return listening(app.listen(0, "127.0.0.1"));
}

async function onNode(mastra: Mastra): Promise<StartedServer> {
  const routes: Record<string, () => [number, string]> = {
    "/api/after": () => [200, agentNames(mastra)],
    "/api/agents/host": () => [200, "before"],
    "/fails": () => [500, "the host's 500"],
  };
  const app = createServer((request, response) => {
    const [status, text] = routes[request.url ?? ""]?.() ?? [404, "the host's 404"];
    response.writeHead(status).end(text);
  });
  await new NodeServer({ app, mastra }).init();
  return listening(app.listen(0, "127.0.0.1"));
}

async function onNest(mastra: Mastra): Promise<StartedServer> {
  const guard: CanActivate = {
    canActivate(context) {
      const request = context.switchToHttp().getRequest<express.Request & { requestContext?: RequestContext }>();
      request.requestContext = gold();
      return request.get("x-key") === KEY;
    },
  };
  const filter: ExceptionFilter = {
    catch(error: { getStatus?(): number }, host: ArgumentsHost) {
      const status = { 403: 401, 404: 404 }[error.getStatus?.() ?? 500] ?? 500;
      host.switchToHttp().getResponse<express.Response>().status(status).send(`the host's ${status}`);
    },
  };
  const app = await NestFactory.create(
    {
      module: moduleClass(),
      imports: [{ module: moduleClass(), controllers: [hostController()] }, MastraModule.register({ mastra })],
    },
    { logger: false, forceCloseConnections: true },
  );
  app.use((_request: unknown, response: express.Response, next: () => void) => {
    response.setHeader("x-host", "yes");
    next();
  });
  app.useGlobalGuards(guard);
  app.useGlobalFilters(filter);
  await app.listen(0, "127.0.0.1");
  return { origin: await app.getUrl(), close: () => app.close() };
}

/** Nest's form of a module: a class of its own. */
function moduleClass(): new () => object {
  // oxlint-disable-next-line typescript/no-extraneous-class
  return class {};
}

/** A controller as decorators would make it; sources here have no syntax for them. */
function hostController(): new (mastra: Mastra) => object {
  class HostController {
    readonly mastra: Mastra;
    constructor(mastra: Mastra) {
      this.mastra = mastra;
    }
    before(): string {
      return "before";
    }
    after(): string {
      return agentNames(this.mastra);
    }
    fails(): string {
      throw new Error("the host's");
    }
  }
  const get = (path: string, key: string): unknown =>
    Get(path)(HostController.prototype, key, Object.getOwnPropertyDescriptor(HostController.prototype, key) ?? {});
  get("api/agents/host", "before");
  get("api/after", "after");
  get("fails", "fails");
  Controller()(HostController);
  Inject(MASTRA)(HostController, undefined, 0);
  return HostController;
}

export interface HostApp {
  readonly start: (mastra: Mastra) => Promise<StartedServer>;
  /** Plain `node:http` has nothing that runs before its listener. */
  readonly hasMiddleware: boolean;
}

export const hostApps: Readonly<Record<string, HostApp>> = {
  Express: { start: onExpress, hasMiddleware: true },
  Fastify: { start: onFastify, hasMiddleware: true },
  Koa: { start: onKoa, hasMiddleware: true },
  Nest: { start: onNest, hasMiddleware: true },
  "node:http": { start: onNode, hasMiddleware: false },
};
