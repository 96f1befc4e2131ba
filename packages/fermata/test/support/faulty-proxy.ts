/** A proxy between a client and a server that does to each request what a test says: what networks and other proxies do. */
import { once } from "node:events";
import { createServer, request as send, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export type Fault =
  | { readonly kind: "pass" }
  /** Answered here; the server never hears of it. */
  | { readonly kind: "refuse"; readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** The server answers, and its whole reply is thrown away: the connection breaks instead, or `status` is sent. */
  | { readonly kind: "lose"; readonly status?: number }
  /** The connection breaks as soon as so much of the reply has passed; `text` is what has to have passed. */
  | { readonly kind: "cut"; readonly after: string }
  /** From there on nothing passes any more, and nobody closes: a half-open socket. */
  | { readonly kind: "hang"; readonly after: string }
  /** The reply is held back until it is whole. */
  | { readonly kind: "buffer" }
  /** The connection is closed when nothing has passed for so long. */
  | { readonly kind: "idle"; readonly ms: number };

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface FaultyProxy extends AsyncDisposable {
  readonly origin: string;
  /** Every request that came, oldest first. */
  readonly seen: readonly SeenRequest[];
  /** How many pieces of replies have passed. */
  readonly passed: number;
}

/** `plan` decides what becomes of the request number `index`, counted from 0. */
export async function startProxy(port: number, plan: (request: SeenRequest, index: number) => Fault): Promise<FaultyProxy> {
  const seen: SeenRequest[] = [];
  let passed = 0;
  const server = createServer((incoming, reply) => void serve(incoming, reply));
  const serve = async (incoming: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const body = await buffer(incoming);
    const request = { method: incoming.method ?? "", path: incoming.url ?? "", headers: incoming.headers, body: body.toString() };
    const index = seen.push(request) - 1;
    const fault = plan(request, index);
    if (fault.kind === "refuse") {
      reply.writeHead(fault.status, { "content-type": "application/json", ...fault.headers }).end(fault.body ?? '{"error":"refused"}');
      return;
    }
    const outgoing = send({ host: "127.0.0.1", port, method: request.method, path: request.path, headers: incoming.headers });
    outgoing.on("error", () => reply.destroy());
    // The server learns that the client has gone, unless the socket is half open.
    reply.on("close", () => void (reply.writableFinished || fault.kind === "hang" || outgoing.destroy()));
    outgoing.end(body);
    const [answer] = (await once(outgoing, "response").catch(() => [])) as [IncomingMessage?];
    if (answer) await pass(answer, reply, fault, () => passed++);
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    seen,
    get passed() {
      return passed;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function pass(answer: IncomingMessage, reply: ServerResponse, fault: Fault, onPiece: () => void): Promise<void> {
  const { statusCode = 502, headers } = answer;
  if (fault.kind === "lose") {
    await buffer(answer);
    if (fault.status === undefined) return void reply.destroy();
    return void reply.writeHead(fault.status, { "content-type": "application/json" }).end('{"error":"lost on the way"}');
  }
  if (fault.kind === "buffer") {
    const whole = await buffer(answer);
    return void reply.writeHead(statusCode, headers).end(whole);
  }
  reply.writeHead(statusCode, headers).flushHeaders();
  let text = "";
  let isSilent = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const rest = (): void => {
    if (fault.kind !== "idle") return;
    clearTimeout(timer);
    timer = setTimeout(() => reply.destroy(), fault.ms);
  };
  rest();
  answer.on("data", (piece: Buffer) => {
    rest();
    if (isSilent) return;
    reply.write(piece);
    onPiece();
    text += piece.toString("latin1");
    if ((fault.kind === "cut" || fault.kind === "hang") && text.includes(fault.after)) {
      isSilent = true;
      if (fault.kind === "cut") setImmediate(() => reply.destroy());
    }
  });
  answer.on("end", () => void (isSilent || reply.end()));
  answer.on("error", () => reply.destroy());
  reply.on("close", () => clearTimeout(timer));
}
