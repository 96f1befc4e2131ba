import type { IncomingMessage, ServerResponse } from "node:http";
import { Controller, Next, Req, RequestMapping, RequestMethod, Res, VERSION_NEUTRAL } from "@nestjs/common";
import type { DynamicModule, FactoryProvider, ModuleMetadata } from "@nestjs/common";
import { HttpAdapterHost } from "@nestjs/core";
import type { RequestContext } from "../context/request-context.ts";
import type { Mastra } from "../mastra.ts";
import { createHandler, type HandlerOptions, type ServerHandler } from "./handler.ts";
import { toNodeListener, type NodeListener } from "./node-bridge.ts";
import { toSimplePaths } from "./simple-paths.ts";

/** The token of the app's `Mastra`: `constructor(@Inject(MASTRA) readonly mastra: Mastra)`. */
export const MASTRA = Symbol.for("fermata.nestjs.mastra");

/** Options that other providers make. */
export interface MastraModuleAsyncOptions {
  readonly imports?: NonNullable<ModuleMetadata["imports"]>;
  readonly inject?: NonNullable<FactoryProvider["inject"]>;
  /** Gets what `inject` names, in that order. */
  readonly useFactory: (...services: never[]) => HandlerOptions | Promise<HandlerOptions>;
}

/**
 * Mounts the server in a Nest app on Express or Fastify. Its routes are routes of a controller: guards, the global prefix and the
 * order of modules hold for them as for the app's own.
 * @example
 * imports: [MastraModule.register({ mastra })]
 */
// oxlint-disable-next-line typescript/no-extraneous-class -- Nest's form of a module
export class MastraModule {
  static register(options: HandlerOptions): DynamicModule {
    return MastraModule.registerAsync({ useFactory: () => options });
  }

  static registerAsync({ imports = [], inject = [], useFactory }: MastraModuleAsyncOptions): DynamicModule {
    const routes = new MountedRoutes();
    const provider: FactoryProvider<Mastra> = {
      provide: MASTRA,
      inject: [HttpAdapterHost, ...inject],
      useFactory: async (host: HttpAdapterHost, ...services: unknown[]) =>
        routes.start(await useFactory(...(services as never[])), host.httpAdapter.getType() === "fastify"),
    };
    return { module: routes.module, global: true, imports, providers: [provider], controllers: [routes.controller], exports: [MASTRA] };
  }
}

/** A request as Express or as Fastify gives it. */
type NestRequest = (IncomingMessage | { readonly raw: IncomingMessage }) & {
  readonly body?: unknown;
  /** Guards and middleware of the app may set it. */
  readonly requestContext?: RequestContext;
  readonly route?: { readonly path: string };
  readonly routeOptions?: { readonly url: string };
};
type FastifyReply = {
  readonly raw: ServerResponse;
  hijack(): void;
  callNotFound(): void;
  getHeaders(): Record<string, number | string | string[] | undefined>;
};
type Answer = (request: NestRequest, reply: ServerResponse | FastifyReply, next?: () => void) => Promise<void>;

const VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/** One registration. Nest wants classes before the options are there, and asks for the controller's routes after. */
class MountedRoutes {
  readonly module: new () => object;
  readonly controller: new () => object;
  #handler: ServerHandler | undefined;
  #answer: NodeListener | undefined;
  #paths: string[] = [];
  /** How much of a route of the app comes before ours: the global prefix. */
  readonly #prefixLengths = new Map<string, number>();

  constructor() {
    const close = (): void => void this.#handler?.close();
    this.module = class extends MastraModule {
      onModuleDestroy(): void {
        close();
      }
    };
    this.controller = createController((request, reply, next) => this.#respond(request, reply, next));
  }

  async start(options: HandlerOptions, onFastify: boolean): Promise<Mastra> {
    const handler = createHandler(options);
    await handler.ready();
    this.#handler = handler;
    this.#answer = toNodeListener(handler);
    const simple = handler.routes().flatMap(toSimplePaths);
    if (!onFastify) for (const route of simple) route.path = route.path.replace(/\*$/, "*rest");
    this.#paths = simple.map(({ path }) => path).toSorted((a, b) => b.length - a.length);
    for (const verb of VERBS) {
      const path = [...new Set(simple.filter(({ method }) => method === verb).map((route) => route.path))];
      if (path.length > 0) decorate(this.controller, verb, RequestMapping({ path, method: RequestMethod[verb] }));
    }
    return handler.mastra;
  }

  async #respond(request: NestRequest, reply: ServerResponse | FastifyReply, next: (() => void) | undefined): Promise<void> {
    const incoming = "raw" in request ? request.raw : request;
    const url = (incoming.url ?? "/").slice(this.#prefixLength(request.route?.path ?? request.routeOptions?.url ?? ""));
    const found = this.#handler?.find(incoming.method ?? "GET", url);
    if (!found) return "raw" in reply ? reply.callNotFound() : next?.();
    if ("raw" in reply) {
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
    }
    await this.#answer?.(incoming, "raw" in reply ? reply.raw : reply, {
      parsedBody: request.body,
      url,
      requestContext: request.requestContext,
      found,
    });
  }

  #prefixLength(route: string): number {
    const known = this.#prefixLengths.get(route);
    if (known !== undefined) return known;
    const own = this.#paths.find((path) => route.endsWith(path));
    const length = own === undefined ? 0 : route.length - own.length;
    this.#prefixLengths.set(route, length);
    return length;
  }
}

/** A controller with a method per verb. Its paths are given to it later. */
function createController(answer: Answer): new () => object {
  // oxlint-disable-next-line typescript/no-extraneous-class -- its methods are added below
  class MastraController {}
  for (const verb of VERBS) {
    Object.defineProperty(MastraController.prototype, verb, {
      configurable: true,
      writable: true,
      value: (request: NestRequest, reply: ServerResponse | FastifyReply, next?: () => void) => answer(request, reply, next),
    });
    for (const [index, parameter] of [Req(), Res(), Next()].entries()) parameter(MastraController.prototype, verb, index);
  }
  Controller({ version: VERSION_NEUTRAL })(MastraController);
  return MastraController;
}

function decorate(controller: new () => object, key: string, decorator: MethodDecorator): void {
  const target = controller.prototype as object; // what `prototype` of a class is
  decorator(target, key, Object.getOwnPropertyDescriptor(target, key) ?? {});
}
