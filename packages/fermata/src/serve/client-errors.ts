/** The end of connections on which no request came that can be read, or none in time. */
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ServerType } from "@hono/node-server";

/** So many are closed at once, and then others are served: a crowd that came together is out of time together. */
const AT_ONCE = 20;
const PAUSE_MS = 5;

/** Has `node` say what is wrong, as it would by itself, and close those who are late a few at a time. */
export function answerClientErrors(node: ServerType): void {
  const late: Socket[] = [];
  const closeSome = (): void => {
    for (const socket of late.splice(0, AT_ONCE)) refuse(socket, LATE);
    if (late.length > 0) setTimeout(closeSome, PAUSE_MS);
  };
  // `serve` listens without HTTP/2, whose servers have no such event.
  (node as Server).on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const client = socket as Socket; // of a server that listens on TCP
    if (error.code !== LATE) return refuse(client, error.code);
    if (late.push(client) === 1) setImmediate(closeSome);
  });
}

const LATE = "ERR_HTTP_REQUEST_TIMEOUT";
const STATUSES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
  [LATE]: "408 Request Timeout",
};

function refuse(socket: Socket, code = ""): void {
  // Who has said nothing has asked nothing. Of a reply that has begun, what follows would be read as its body.
  const isAsked = socket.bytesRead > 0 && !replyOn(socket)?.headersSent;
  if (isAsked && socket.writable) socket.write(`HTTP/1.1 ${STATUSES[code] ?? "400 Bad Request"}\r\nConnection: close\r\n\r\n`);
  socket.destroy();
}

/** The reply that is being written, which Node keeps at the socket. */
function replyOn(socket: Socket & { readonly _httpMessage?: ServerResponse | null }): ServerResponse | null | undefined {
  return socket._httpMessage;
}
