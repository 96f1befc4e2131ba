/**
 * PostgreSQL with the extension `vector`, from npm packages alone: PostgreSQL compiled to WebAssembly, behind its own wire protocol.
 * It has one session, so a pool of it has one connection.
 */
import { createServer, type AddressInfo, type Socket } from "node:net";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";

export interface TestPgVector {
  readonly connectionString: string;
  stop(): Promise<void>;
}

export async function startPgVector(): Promise<TestPgVector> {
  const database = await PGlite.create({ extensions: { vector } });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("close", () => sockets.delete(socket));
    void answer(database, socket).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has an address of this kind
  return {
    connectionString: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await database.close();
    },
  };
}

/** Hands whole messages to the database, one after the other. */
async function answer(database: PGlite, socket: Socket): Promise<void> {
  let received = Buffer.alloc(0);
  let started = false;
  for await (const data of socket) {
    received = Buffer.concat([received, data as Buffer]);
    for (;;) {
      // The first message alone has no type before its length.
      const typeBytes = started ? 1 : 0;
      if (received.length < typeBytes + 4) break;
      const length = typeBytes + received.readInt32BE(typeBytes);
      if (received.length < length) break;
      socket.write(await database.execProtocolRaw(new Uint8Array(received.subarray(0, length))));
      received = received.subarray(length);
      started = true;
    }
  }
}
