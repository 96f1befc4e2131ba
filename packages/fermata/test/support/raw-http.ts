/** HTTP as bytes, for requests that no client library would send and replies that have to be seen frame by frame. */
import { connect, type Socket } from "node:net";

export interface RawReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends the pieces, one write each, until the first reply is there, and resolves with it. Rejects when the server closes without one. */
export async function exchange(port: number, pieces: readonly (string | Uint8Array)[]): Promise<RawReply> {
  const socket = connect(port, "127.0.0.1");
  const reply = readReply(socket);
  let replied = false;
  void reply.catch(() => undefined).then(() => (replied = true));
  try {
    for (const piece of pieces) {
      if (replied || socket.destroyed) break;
      socket.write(piece);
      await new Promise((resolve) => setImmediate(resolve)); // so that the pieces arrive one by one
    }
    return await reply;
  } finally {
    socket.destroy();
  }
}

/** The text of a request with this head and body; `content-length` is right unless the test gives its own. */
export function requestText(method: string, path: string, headers: Readonly<Record<string, string | undefined>> = {}, body = ""): string {
  const all: Record<string, string | undefined> = {
    host: "127.0.0.1",
    connection: "close",
    ...(body !== "" && { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return `${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
}

function readReply(socket: Socket): Promise<RawReply> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    socket.on("data", (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece]);
      const reply = parse(bytes, false);
      if (reply) resolve(reply);
    });
    socket.on("error", () => undefined); // a server that refuses may reset the connection: what it said before counts
    socket.on("close", () => {
      const reply = parse(bytes, true);
      if (reply) resolve(reply);
      else reject(new Error(`the server closed the connection after ${JSON.stringify(bytes.toString("latin1"))}`));
    });
  });
}

/** The reply when it is whole. Without a length it is whole when the connection is closed. */
function parse(bytes: Buffer, closed: boolean): RawReply | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [first = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const headers: Record<string, string> = {};
  for (const line of lines) headers[line.slice(0, line.indexOf(":")).toLowerCase()] = line.slice(line.indexOf(":") + 1).trim();
  const rest = bytes.subarray(end + 4);
  const length = headers["content-length"];
  const isChunked = headers["transfer-encoding"] === "chunked";
  const isWhole =
    closed || (length !== undefined && rest.length >= Number(length)) || (isChunked && rest.toString("latin1").endsWith("0\r\n\r\n"));
  if (!isWhole) return undefined;
  return {
    status: Number(first.split(" ")[1]),
    headers,
    body: isChunked ? dechunk(rest) : rest.subarray(0, length === undefined ? undefined : Number(length)).toString("utf8"),
  };
}

/** The text of a chunked body, as far as it came. */
export function dechunk(bytes: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = lineEnd < 0 ? 0 : Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (!(size > 0)) break;
    pieces.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(pieces).toString("utf8");
}
