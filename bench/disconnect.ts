/** How long it takes until a model hears that its reader has gone: a connection is destroyed in mid-stream, here, and the signal aborts, there. */
import { once } from "node:events";
import { connect } from "node:net";
import type { ServerProcess } from "./child.ts";
import { median } from "./measure.ts";

export interface DisconnectResult {
  readonly medianMs: number;
  readonly maxMs: number;
}

const ROUNDS = 50;
const BODY = '{"messages":"Say something."}';
const REQUEST =
  "POST /api/agents/waiter/stream HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n" +
  `content-length: ${BODY.length}\r\n\r\n${BODY}`;

/** Of a server whose agent `waiter` says one word and then waits for ever. Times of two processes on one machine are of one clock. */
export async function measureDisconnects(server: ServerProcess): Promise<DisconnectResult> {
  const latencies: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const socket = connect({ host: "127.0.0.1", port: server.port, noDelay: true });
    socket.write(REQUEST);
    let text = "";
    while (!text.includes('"text-delta"')) text += String((await once(socket, "data"))[0]);
    const left = performance.timeOrigin + performance.now();
    socket.destroy();
    const aborted = await server.aborted();
    if (round > 0) latencies.push(aborted - left); // the first one meets code that has never run
  }
  return { medianMs: median(latencies), maxMs: Math.max(...latencies) };
}
