/** The application on each framework: `CONFORMANCE_ADAPTER` says which. Each is loaded when it is asked for. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { HandlerOptions } from "fermata/fetch";
import type { ModelCall } from "./scripted-model.ts";

export interface Mounted {
  readonly url: string;
  close(): unknown;
}

/** Mounts the server, and beside it `GET /scripted-model/calls`. */
type Mount = (options: HandlerOptions, modelCalls: readonly ModelCall[]) => Promise<Mounted>;

const CALLS = "/scripted-model/calls";

export const mounts: Readonly<Record<string, Mount>> = {
  async hono(options, modelCalls) {
    const [{ Hono }, { serve }, { MastraServer }] = await Promise.all([
      import("hono"),
      import("@hono/node-server"),
      import("fermata/hono"),
    ]);
    const app = new Hono();
    app.get(CALLS, (context) => context.json(modelCalls));
    await new MastraServer({ ...options, app }).init();
    return listening(serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }) as Server); // without options it is HTTP/1
  },
  async fetch(options, modelCalls) {
    const [{ serve }, { createHandler }] = await Promise.all([import("@hono/node-server"), import("fermata/fetch")]);
    const handler = createHandler({ openaiAtRoot: true, ...options });
    const fetch = (request: Request): Response | Promise<Response> =>
      new URL(request.url).pathname === CALLS ? Response.json(modelCalls) : handler(request);
    return listening(serve({ fetch, hostname: "127.0.0.1", port: 0 }) as Server); // as above
  },
  async node(options, modelCalls) {
    const { MastraServer } = await import("fermata/node");
    const app = createServer((request, response) => {
      response.writeHead(request.url === CALLS ? 200 : 404, { "content-type": "application/json" });
      response.end(request.url === CALLS ? JSON.stringify(modelCalls) : "{}");
    });
    await new MastraServer({ openaiAtRoot: true, ...options, app }).init();
    return listening(app.listen(0, "127.0.0.1"));
  },
  async express(options, modelCalls) {
    const [{ default: express }, { MastraServer }] = await Promise.all([import("express"), import("fermata/express")]);
    const app = express();
    app.use(express.json({ limit: "1mb" }));
    app.get(CALLS, (_request, response) => void response.json(modelCalls));
    await new MastraServer({ openaiAtRoot: true, ...options, app }).init();
    return listening(app.listen(0, "127.0.0.1"));
  },
  async fastify(options, modelCalls) {
    const [{ default: Fastify }, { MastraServer }] = await Promise.all([import("fastify"), import("fermata/fastify")]);
    const app = Fastify();
    app.get(CALLS, (_request, reply) => reply.send(modelCalls));
    await new MastraServer({ openaiAtRoot: true, ...options, app }).init();
    await app.listen({ port: 0, host: "127.0.0.1" });
    return listening(app.server);
  },
  async koa(options, modelCalls) {
    const [{ default: Koa }, { MastraServer }] = await Promise.all([import("koa"), import("fermata/koa")]);
    const app = new Koa();
    app.use((ctx, next) => (ctx.path === CALLS ? void (ctx.body = modelCalls) : next()));
    await new MastraServer({ openaiAtRoot: true, ...options, app }).init();
    return listening(app.listen(0, "127.0.0.1"));
  },
  async nest(options, modelCalls) {
    await import("reflect-metadata");
    const [{ NestFactory }, { MastraModule }] = await Promise.all([import("@nestjs/core"), import("fermata/nestjs")]);
    const module = { module: Object, imports: [MastraModule.register({ openaiAtRoot: true, ...options })] };
    const app = await NestFactory.create(module, { logger: false, bodyParser: false });
    app.use(CALLS, (_request: unknown, response: { end(text: string): void }) => response.end(JSON.stringify(modelCalls)));
    await app.listen(0, "127.0.0.1");
    return { url: await app.getUrl(), close: () => app.close() };
  },
};

async function listening(server: Server): Promise<Mounted> {
  if (!server.listening) await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }; // it listens on TCP
}
