/** Traffic of a provider, recorded once over HTTP and replayed byte by byte, so that tests talk to the provider's own wire without a network. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { FermataError } from "../errors.ts";

export interface CassetteOptions {
  /** Default: `record` when the environment's `FERMATA_CASSETTES` says so, otherwise `replay`. */
  readonly mode?: "record" | "replay";
  /** What is asked when recording. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** Changes what tells one request from another, for bodies with times or random ids in them. Default: the body as it is. */
  readonly bodyKey?: (body: string) => string;
}

/** One file of recorded exchanges. */
export interface Cassette {
  /** To be given to the provider in place of `fetch`. */
  readonly fetch: typeof globalThis.fetch;
  /** Recorded exchanges that nobody has asked for, as `POST https://…`. */
  unused(): readonly string[];
}

/** The bytes of a piece: text where they are text. */
type Piece = string | { readonly base64: string };

interface Exchange {
  readonly request: { readonly method: string; readonly url: string; readonly body: string };
  readonly response: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly pieces: readonly Piece[] };
}

/** The rest of a reply's head names accounts and limits, or is the connection's. Requests are kept without theirs. */
const KEPT_HEADERS = ["content-type", "retry-after", "retry-after-ms"];
const SECRET_PARAMETERS = /([?&](?:key|api[-_]?key|access_token|token)=)[^&]*/gi;

/**
 * Opens a cassette. Recording asks the provider and writes the file anew, without headers of requests and without keys in URLs;
 * replaying asks nobody, and gives pieces with the borders that they had. The same request a second time gets the second reply.
 * @throws FermataError `MISCONFIGURED` when there is nothing to replay.
 * @example
 * const { fetch } = openCassette(new URL("./weather.cassette.json", import.meta.url).pathname);
 * const model = createOpenAI({ apiKey: process.env.OPENAI_API_KEY ?? "replayed", fetch })("gpt-5");
 */
export function openCassette(file: string, options: CassetteOptions = {}): Cassette {
  const { mode = process.env.FERMATA_CASSETTES === "record" ? "record" : "replay" } = options;
  return mode === "record" ? recorder(file, options) : player(file, options);
}

function recorder(file: string, options: CassetteOptions): Cassette {
  const exchanges: Exchange[] = [];
  const ask = options.fetch ?? globalThis.fetch;
  async function record(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const sent = new Request(input, init);
    const request = await describe(sent);
    const response = await ask(sent.url, {
      method: sent.method,
      headers: sent.headers,
      signal: sent.signal,
      ...(request.body !== "" && { body: request.body }),
    });
    const headers = Object.fromEntries(
      KEPT_HEADERS.flatMap((name) => (response.headers.has(name) ? [[name, response.headers.get(name) ?? ""]] : [])),
    );
    const pieces: Piece[] = [];
    // Its place is that of its question, also where answers overlap.
    exchanges.push({ request, response: { status: response.status, headers, pieces } });
    const body = response.body?.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(bytes, controller) {
          pieces.push(toPiece(bytes));
          controller.enqueue(bytes);
        },
        flush: () => save(file, exchanges),
      }),
    );
    if (!body) save(file, exchanges);
    return new Response(body ?? null, { status: response.status, headers });
  }
  return { fetch: record, unused: () => [] };
}

function player(file: string, options: CassetteOptions): Cassette {
  const { bodyKey = (body: string) => body } = options;
  const left = load(file);
  async function replay(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const asked = await describe(new Request(input, init));
    const key = bodyKey(asked.body);
    const at = left.findIndex(
      ({ request }) => request.method === asked.method && request.url === asked.url && bodyKey(request.body) === key,
    );
    const [found] = at < 0 ? [] : left.splice(at, 1);
    if (!found)
      throw new FermataError(
        "MISCONFIGURED",
        `${file} has no reply to ${asked.method} ${asked.url} ${asked.body}. Record it with FERMATA_CASSETTES=record.`,
      );
    const { status, headers, pieces } = found.response;
    return new Response(pieces.length === 0 ? null : toStream(pieces), { status, headers });
  }
  return { fetch: replay, unused: () => left.map(({ request }) => `${request.method} ${request.url}`) };
}

async function describe(request: Request): Promise<Exchange["request"]> {
  return { method: request.method, url: request.url.replace(SECRET_PARAMETERS, "$1…"), body: await request.clone().text() };
}

function load(file: string): Exchange[] {
  if (!existsSync(file))
    throw new FermataError("MISCONFIGURED", `There is no cassette ${file}. Record it: run once with FERMATA_CASSETTES=record.`);
  return (JSON.parse(readFileSync(file, "utf8")) as { exchanges: Exchange[] }).exchanges; // written by `save`
}

/** At once or not at all: a test that is stopped in the middle leaves the last whole file. */
function save(file: string, exchanges: readonly Exchange[]): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify({ version: 1, exchanges }, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}

function toPiece(bytes: Uint8Array): Piece {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { base64: btoa(String.fromCharCode(...bytes)) };
  }
}

function toStream(pieces: readonly Piece[]): ReadableStream<Uint8Array> {
  const left = pieces.values();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = left.next();
      if (done) controller.close();
      else
        controller.enqueue(
          typeof value === "string" ? new TextEncoder().encode(value) : Uint8Array.from(atob(value.base64), (char) => char.charCodeAt(0)),
        );
    },
  });
}
