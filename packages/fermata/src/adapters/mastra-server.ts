import type { Mastra } from "../mastra.ts";
import { createHandler, type HandlerOptions, type ServerHandler } from "./handler.ts";

/** The options of `MastraServer` on an app of a framework. */
export interface AdapterOptions<App> extends HandlerOptions {
  /** The framework's app, or a part of it that takes routes. */
  readonly app: App;
}

/**
 * The server on a web framework. An adapter says in one method how the framework carries a request to a fetch handler;
 * routes, validation, auth, streams and failures are the handler's.
 * @example
 * class MastraServer extends AdapterServer<H3> {
 *   protected mount(app: H3, handler: ServerHandler) {
 *     app.use((event, next) => (handler.owns(event.req.method, event.req.url) ? handler(event.req) : next()));
 *   }
 * }
 */
export abstract class MastraServer<App> {
  readonly handler: ServerHandler;
  readonly #app: App;

  /** @throws FermataError `MISCONFIGURED` for an unusable prefix. */
  constructor(options: AdapterOptions<App>) {
    const { app, ...handlerOptions } = options;
    this.#app = app;
    this.handler = createHandler(handlerOptions);
  }

  /** Makes the app answer what `handler.owns`, and leave everything else to the routes that are there already or come later. */
  protected abstract mount(app: App, handler: ServerHandler): void | Promise<void>;

  /**
   * Mounts the routes. Call it once, before the app listens.
   * @throws FermataError `MISCONFIGURED`
   */
  async init(): Promise<void> {
    await this.handler.ready();
    await this.mount(this.#app, this.handler);
  }

  get mastra(): Mastra {
    return this.handler.mastra;
  }

  get prefix(): string {
    return this.handler.prefix;
  }

  getApp(): App {
    return this.#app;
  }

  /** Refuses new work from `mastra`, for a process that ends. The app's own server is the app's to close. */
  close(): Promise<void> {
    return this.handler.close();
  }
}
