/** An HTTP server that speaks the chat-completions wire format and does what a test's script says, request by request. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the server does with one request. */
export type Step =
  /** A stream of these bodies of chunks, as one write, or cut into `writes` of so many bytes. */
  | {
      readonly stream: readonly object[];
      readonly cutBytes?: number;
      readonly done?: boolean;
      readonly lineEnd?: "\n" | "\r\n";
      readonly after?: After;
    }
  /** These bytes, each in its own write. */
  | { readonly writes: readonly (string | Uint8Array)[]; readonly after?: After; readonly status?: number }
  | { readonly json: unknown; readonly status?: number; readonly headers?: Record<string, string> }
  /** Nothing at all, not even headers. */
  | { readonly hang: true };
/** What comes after the last byte. Default `end`; `cut` breaks the connection, `hang` keeps it open and silent. */
type After = "end" | "cut" | "hang";

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
  /** Resolves when the client has let go of the connection before the answer was whole. */
  readonly aborted: Promise<void>;
}

export interface WireServer extends AsyncDisposable {
  readonly origin: string;
  /** `<origin>/v1` */
  readonly baseUrl: string;
  readonly requests: readonly SeenRequest[];
  /** Adds steps; each request takes the next. A request without a step is answered with 500. */
  script(...steps: Step[]): void;
}

export async function startWireServer(): Promise<WireServer> {
  const steps: Step[] = [];
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => void serve(request, response));
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const aborted = new Promise<void>((resolve) => response.once("close", () => !response.writableFinished && resolve()));
    const text = await readText(request);
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    requests.push({ path: request.url ?? "", headers: request.headers, body, aborted });
    await play(steps.shift() ?? { json: { error: { message: "the script has no more steps" } }, status: 500 }, response);
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  return {
    origin,
    baseUrl: `${origin}/v1`,
    requests,
    script: (...more) => void steps.push(...more),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function play(step: Step, response: ServerResponse): Promise<void> {
  if ("hang" in step) return;
  if ("json" in step) {
    response.writeHead(step.status ?? 200, { "content-type": "application/json", ...step.headers }).end(JSON.stringify(step.json));
    return;
  }
  const status = "writes" in step ? step.status : undefined;
  response.writeHead(status ?? 200, { "content-type": "text/event-stream" }).flushHeaders();
  for (const bytes of "writes" in step ? step.writes : writesOf(step)) {
    if (response.destroyed) return;
    await new Promise((resolve) => response.write(bytes, resolve));
    await new Promise((resolve) => setImmediate(resolve)); // so that the writes reach the client one by one
  }
  if (step.after === "cut") response.destroy();
  else if (step.after !== "hang") response.end();
}

function writesOf({ stream, cutBytes, done, lineEnd }: Extract<Step, { stream: unknown }>): Uint8Array[] {
  const bytes = new TextEncoder().encode(toSse(stream, done ?? true, lineEnd ?? "\n"));
  if (cutBytes === undefined) return [bytes];
  const writes: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += cutBytes) writes.push(bytes.subarray(start, start + cutBytes));
  return writes;
}

/** The text of a stream of chunks. */
export function toSse(chunks: readonly object[], done = true, lineEnd = "\n"): string {
  const events = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}${lineEnd}${lineEnd}`);
  return events.join("") + (done ? `data: [DONE]${lineEnd}${lineEnd}` : "");
}

async function readText(request: IncomingMessage): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of request) pieces.push(piece as Uint8Array); // no encoding is set, so they are bytes
  return Buffer.concat(pieces).toString("utf8");
}

const COMMON = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_700_000_000, model: "scripted" };

/** A chunk with this delta. */
export function chunk(delta: object, finishReason: string | null = null): object {
  return { ...COMMON, choices: [{ index: 0, delta, finish_reason: finishReason }] };
}

/** The chunk that only reports usage. */
export function usageChunk(usage: object): object {
  return { ...COMMON, choices: [], usage };
}

export const USAGE = {
  prompt_tokens: 20,
  completion_tokens: 7,
  total_tokens: 27,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
};

/** The chunks of an answer that is this text, in these pieces. */
export function textChunks(...pieces: string[]): object[] {
  return [chunk({ role: "assistant", content: "" }), ...pieces.map((content) => chunk({ content })), chunk({}, "stop"), usageChunk(USAGE)];
}

/** A piece of a tool call. */
export function toolDelta(index: number, piece: { id?: string; name?: string; arguments?: string }): object {
  const { id, name, arguments: text } = piece;
  const call = {
    index,
    ...(id !== undefined && { id, type: "function" }),
    function: { ...(name !== undefined && { name }), ...(text !== undefined && { arguments: text }) },
  };
  return chunk({ tool_calls: [call] });
}

/** A whole answer, as it comes without streaming. */
export function completion(message: object, finishReason = "stop"): object {
  return {
    ...COMMON,
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: finishReason }],
    usage: USAGE,
  };
}
