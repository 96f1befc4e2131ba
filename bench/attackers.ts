/** Those who want to keep the server busy. Runs in its own process; begins an attack or ends it when it is told to over IPC. */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export const ATTACKS = ["slow heads", "idle connections", "aborted uploads", "oversized bodies", "header floods"] as const;
export type Attack = (typeof ATTACKS)[number];

export type Order = { readonly begin: Attack; readonly port: number; readonly connections: number } | { readonly end: true };

export interface AttackReport {
  /** Connections made so far. */
  readonly made: number;
  /** Those that the server ended. */
  readonly ended: number;
  /** Statuses of replies, with how many there were of each. */
  readonly statuses: Readonly<Record<string, number>>;
}

const POST = "POST /api/agents/writer/generate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
const PIECE = "x".repeat(16_384);
/** How many are opened together: as many as the system keeps waiting for a server. */
const AT_ONCE = 100;

class Crowd {
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  readonly #statuses: Record<string, number> = {};
  #made = 0;
  #ended = 0;
  isOver = false;

  constructor(port: number) {
    this.#port = port;
  }

  /** Resolves when the connection is there, or cannot be made. */
  open(): Promise<Socket> {
    const socket = connect(this.#port, "127.0.0.1");
    this.#made += 1;
    this.#sockets.add(socket);
    socket.on("data", (data: Buffer) => {
      const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(data.toString("latin1", 0, 12)) ?? [];
      if (status !== undefined) this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (this.#sockets.delete(socket) && !this.isOver) this.#ended += 1;
    });
    return new Promise((resolve) => {
      socket.once("connect", () => resolve(socket));
      socket.once("close", () => resolve(socket));
    });
  }

  /** Leaves without a word. */
  reset(socket: Socket): void {
    this.#sockets.delete(socket);
    socket.resetAndDestroy();
  }

  report(): AttackReport {
    return { made: this.#made, ended: this.#ended, statuses: this.#statuses };
  }

  end(): AttackReport {
    this.isOver = true;
    for (const socket of this.#sockets) socket.destroy();
    return this.report();
  }
}

/** Opens connections and opens others in the place of those that the server ends. Resolves when all are there. */
async function keepOpen(crowd: Crowd, count: number, use: (socket: Socket) => void): Promise<void> {
  const one = async (): Promise<void> => {
    const socket = await crowd.open();
    if (crowd.isOver) return;
    if (!socket.destroyed) use(socket);
    // One by one, so that a crowd that was ended at once does not come back at once.
    socket.once("close", () => void sleep(Math.random() * 2_000).then(() => (crowd.isOver ? undefined : one())));
  };
  for (let made = 0; made < count; made += AT_ONCE) await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - made) }, one));
}

/** Does something so many times a second. */
function repeat(crowd: Crowd, perSecond: number, act: () => Promise<void>): void {
  const timer = setInterval(() => (crowd.isOver ? clearInterval(timer) : void act()), 1_000 / perSecond);
}

/** Writes until the server has had enough. */
async function pour(socket: Socket, piece: string): Promise<void> {
  while (!socket.destroyed && socket.writable) {
    if (!socket.write(piece)) {
      await new Promise<void>((resolve) => {
        socket.once("drain", resolve);
        socket.once("close", resolve);
      });
    }
  }
}

const BEGIN: Readonly<Record<Attack, (crowd: Crowd, connections: number) => Promise<void> | void>> = {
  /** A line of a head each second, and never the last one. */
  "slow heads": (crowd, connections) =>
    keepOpen(crowd, Math.min(connections, 2_000), (socket) => {
      socket.write("GET /api/agents HTTP/1.1\r\nhost: x\r\n");
      const timer = setInterval(() => (socket.writable ? socket.write("x-a: b\r\n") : clearInterval(timer)), 1_000);
      socket.once("close", () => clearInterval(timer));
    }),
  "idle connections": (crowd, connections) => keepOpen(crowd, connections, () => undefined),
  /** 500 in five seconds. */
  "aborted uploads": (crowd) =>
    repeat(crowd, 100, async () => {
      const socket = await crowd.open();
      socket.write(`${POST}content-length: 1000000\r\n\r\n{"messages":"${PIECE}`, () => crowd.reset(socket));
    }),
  /** Bodies that never end. */
  "oversized bodies": (crowd) =>
    repeat(crowd, 10, async () => {
      const socket = await crowd.open();
      socket.write(`${POST}transfer-encoding: chunked\r\n\r\n`);
      await pour(socket, `${PIECE.length.toString(16)}\r\n${PIECE}\r\n`);
    }),
  /** Heads that are too long, and heads with as many lines as there is room for. */
  "header floods": (crowd) => {
    const many = Array.from({ length: 400 }, (_, index) => `x${index}: y\r\n`).join("");
    repeat(crowd, 50, async () => {
      const [long, full] = await Promise.all([crowd.open(), crowd.open()]);
      full.write(`GET /api/agents HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${many}\r\n`);
      long.write("GET /api/agents HTTP/1.1\r\nhost: x\r\n");
      await pour(long, `x-long: ${PIECE}\r\n`);
    });
  },
};

let crowd: Crowd | undefined;

async function obey(order: Order): Promise<AttackReport> {
  if ("end" in order) return crowd?.end() ?? { made: 0, ended: 0, statuses: {} };
  crowd = new Crowd(order.port);
  await BEGIN[order.begin](crowd, order.connections);
  return crowd.report();
}

process.on("message", (order: Order) => void obey(order).then((report) => process.send?.(report)));
process.on("disconnect", () => process.exit());
