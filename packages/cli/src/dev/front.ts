/** The port of the dev command. It is held from the first start to the end; connections go to the server of the moment. */
import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const LONGEST_WAIT_MS = 10_000;

export class Front {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #address: string | undefined;
  #target: number | undefined;
  #waiting: (() => void)[] = [];

  /** Listens there, unless it does; with a certificate it speaks TLS itself. Resolves to the port. */
  async listen(host: string, port: number, certificate?: Certificate): Promise<number> {
    const address = `${host} ${port} ${certificate?.cert ?? ""}`;
    if (this.#server && this.#address === address) return this.port;
    const accept = (socket: Socket): void => void this.#accept(socket);
    const options = certificate && { ...certificate, ALPNProtocols: ["http/1.1"] };
    // The same port in another way has to be free first.
    if (this.#server && this.port === port) this.#server.close();
    const next = await listening(options ? createTlsServer(options, accept) : createServer(accept), host, port);
    const old = this.#server;
    this.#server = next;
    this.#address = address;
    old?.close();
    return this.port;
  }

  get port(): number {
    return (this.#server?.address() as AddressInfo | undefined)?.port ?? 0; // it listens on TCP
  }

  get isListening(): boolean {
    return this.#server !== undefined;
  }

  /** New connections go to this port of the loopback address from now on; `undefined` lets them wait for the next one. */
  leadTo(target: number | undefined): void {
    this.#target = target;
    if (target === undefined) return;
    for (const go of this.#waiting.splice(0)) go();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const go of this.#waiting.splice(0)) go();
    const server = this.#server;
    this.#server = undefined;
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async #accept(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    if (this.#target === undefined) await this.#next();
    if (socket.destroyed) return;
    if (this.#target === undefined) {
      const body = "The app does not start. The terminal of `fermata dev` says why.\n";
      socket.end(
        `HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      );
      return;
    }
    const server = connect(this.#target, "127.0.0.1");
    server.setNoDelay(true);
    socket.setNoDelay(true);
    server.on("error", () => socket.destroy());
    server.once("close", () => socket.destroySoon());
    socket.once("close", () => server.destroy());
    socket.pipe(server);
    server.pipe(socket);
  }

  /** Resolves when there is a server, or when there is none for too long. */
  #next(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LONGEST_WAIT_MS);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

function listening(server: Server, host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}
