import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { openConnection, type HttpConnection } from "./http-connection.ts";

const CHUNKED =
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ndata: a\r\n12\r\ndata: 0\r\n\r\ndata: 1\r\n0\r\n\r\n";
const REQUEST = Buffer.from("GET / HTTP/1.1\r\nhost: x\r\n\r\n");

let server: Server | undefined;
let connection: HttpConnection | undefined;

afterEach(() => {
  connection?.close();
  server?.close();
});

/** A server that answers every request with `answer`. */
async function connectTo(answer: (socket: Socket) => void): Promise<HttpConnection> {
  server = createServer((socket) => socket.setNoDelay(true).on("data", () => answer(socket)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  connection = openConnection(address.port);
  return connection;
}

test("a chunked reply that arrives byte by byte is read whole, and the connection serves the next request", async () => {
  const { request } = await connectTo((socket) => {
    let at = 0;
    const next = () => {
      if (at === CHUNKED.length) return;
      socket.write(CHUNKED[at++] ?? "", () => setImmediate(next));
    };
    next();
  });
  const expected = { status: 200, contentType: "text/event-stream", body: "data: adata: 0\r\n\r\ndata: 1" };
  expect(await request(REQUEST)).toEqual(expected);
  expect(await request(REQUEST)).toEqual(expected);
});

test("a reply with a length is read to exactly that length", async () => {
  const { request } = await connectTo((socket) =>
    socket.write("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nnone"),
  );
  expect(await request(REQUEST)).toEqual({ status: 404, contentType: "text/plain", body: "none" });
});

test("a reply cut off by the server is a failure", async () => {
  const { request } = await connectTo((socket) => socket.end(CHUNKED.slice(0, -8)));
  await expect(request(REQUEST)).rejects.toThrow("closed the connection");
});

test("a chunk with a wrong length is a failure", async () => {
  const { request } = await connectTo((socket) => socket.write(CHUNKED.replace("12", "11")));
  await expect(request(REQUEST)).rejects.toThrow("not an HTTP reply");
});

test("bytes that are not an HTTP reply with a length or chunks are a failure", async () => {
  const { request } = await connectTo((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\nhello"));
  await expect(request(REQUEST)).rejects.toThrow("not an HTTP reply");
});
