/**
 * One keep-alive HTTP/1.1 connection with one request at a time. The load generator shares the machine with the server it
 * measures, so it must cost less than the floor; a general HTTP client costs more than the floor's cheapest request.
 */
import { connect } from "node:net";
import type { Reply } from "./cases.ts";

export interface HttpConnection {
  /** Rejects when the connection fails, the server closes it, or nothing arrives for 30 s. */
  request: (bytes: Buffer) => Promise<Reply>;
  close: () => void;
}

/** Connects to 127.0.0.1. Bodies are read as Latin-1: the bench sends and expects ASCII. */
export function openConnection(port: number): HttpConnection {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  let waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void } | undefined;
  let failure: Error | undefined;
  let read = replyReader();

  const fail = (error: Error) => {
    failure ??= error;
    waiting?.reject(failure);
    waiting = undefined;
    socket.destroy();
  };
  socket.setEncoding("latin1");
  socket.setTimeout(30_000, () => {
    if (waiting) fail(new Error("nothing arrived for 30 s"));
  });
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("the server closed the connection")));
  socket.on("data", (data: string) => {
    try {
      const reply = read(data);
      if (!reply) return;
      const receiver = waiting;
      waiting = undefined;
      read = replyReader();
      receiver?.resolve(reply);
    } catch (error) {
      fail(new Error("not an HTTP reply", { cause: error }));
    }
  });

  return {
    request: (bytes) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure);
        waiting = { resolve, reject };
        socket.write(bytes);
      }),
    close: () => void socket.destroy(),
  };
}

/** A function that takes the bytes as they come and returns the reply once it is whole. */
function replyReader(): (data: string) => Reply | undefined {
  let rest = "";
  let head: { status: number; contentType: string; length: number | undefined } | undefined;
  const body: string[] = [];

  return (data) => {
    rest += data;
    if (!head) {
      const end = rest.indexOf("\r\n\r\n");
      if (end < 0) return undefined;
      head = parseHead(rest.slice(0, end));
      rest = rest.slice(end + 4);
    }
    const { status, contentType, length } = head;
    if (length !== undefined) return rest.length < length ? undefined : { status, contentType, body: rest };
    const chunks = takeChunks(rest, body);
    rest = rest.slice(chunks.used);
    return chunks.last ? { status, contentType, body: body.join("") } : undefined;
  };
}

function parseHead(head: string): { status: number; contentType: string; length: number | undefined } {
  const lower = head.toLowerCase();
  const header = (name: string): string | undefined => {
    const at = lower.indexOf(`\r\n${name}:`);
    if (at < 0) return undefined;
    const end = lower.indexOf("\r\n", at + 2);
    return lower.slice(at + name.length + 3, end < 0 ? undefined : end).trim();
  };
  const length = header("content-length");
  if (length === undefined && header("transfer-encoding") !== "chunked") throw new Error("a reply with neither a length nor chunks");
  return {
    status: Number(head.slice(9, 12)),
    contentType: header("content-type") ?? "",
    length: length === undefined ? undefined : Number(length),
  };
}

/** Moves the complete chunks at the start of `rest` to `body`. `used`: characters taken; `last`: the end of the body was among them. */
function takeChunks(rest: string, body: string[]): { used: number; last: boolean } {
  let used = 0;
  for (;;) {
    const sizeEnd = rest.indexOf("\r\n", used);
    if (sizeEnd < 0) return { used, last: false };
    const size = Number.parseInt(rest.slice(used, sizeEnd), 16);
    const end = sizeEnd + 2 + size;
    if (rest.length < end + 2) return { used, last: false };
    if (!rest.startsWith("\r\n", end)) throw new Error("a chunk that is not as long as it says");
    if (size === 0) return { used: end + 2, last: true };
    body.push(rest.slice(sizeEnd + 2, end));
    used = end + 2;
  }
}
