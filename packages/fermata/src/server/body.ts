/** Request bodies: counted while they are read, parsed once. */
import { FermataError, messageOf } from "../errors.ts";
import { isTooDeep } from "../schema/json-depth.ts";

/** JSON deeper than this is refused: code that walks it must not run out of stack. */
const MAX_DEPTH = 128;

export const DEFAULT_BODY_BYTES = 4_718_592;

/** The parsed body, or `undefined` when there is none or it is of a type that the server does not read. */
export async function readBody(request: Request, maxBytes: number): Promise<unknown> {
  if (isALittleTooLarge(request, maxBytes)) {
    await discard(request);
    throw tooLarge();
  }
  const type = request.headers.get("content-type") ?? "";
  if (isJson(type)) return parseJson(await readText(request, maxBytes));
  if (type.toLowerCase().startsWith("multipart/form-data")) return readForm(request, type, maxBytes);
  declaresLength(request, maxBytes);
  return undefined;
}

/** The same of a request that Hono reads, whoever else has read it before. The size is held to its limit where the request comes in. */
export async function readParsedBody(request: {
  readonly raw: Request;
  text(): Promise<string>;
  formData(): Promise<FormData>;
}): Promise<unknown> {
  const type = request.raw.headers.get("content-type") ?? "";
  if (isJson(type)) return parseJson(await request.text());
  if (!type.toLowerCase().startsWith("multipart/form-data")) return undefined;
  try {
    return toFields(await request.formData());
  } catch (cause) {
    throw FermataError.is(cause) ? cause : malformed(messageOf(cause), cause);
  }
}

function isJson(contentType: string): boolean {
  return /^\s*application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType);
}

function readText(request: Request, maxBytes: number): Promise<string> {
  return declaresLength(request, maxBytes)
    ? request.text()
    : readCounted(request, maxBytes).then((bytes) => new TextDecoder().decode(bytes));
}

/** Bytes over the limit that are read all the same, and milliseconds in which they have to come. */
const DISCARDED_BYTES = 32 * 1024 * 1024;
const DISCARD_MS = 2_000;

/** Whether it is what people send who know no better, such as a large photograph. */
function isALittleTooLarge({ headers }: Request, maxBytes: number): boolean {
  const declared = Number(headers.get("content-length") ?? 0);
  return declared > maxBytes && declared <= maxBytes + DISCARDED_BYTES;
}

/** Reads a body that is refused: who is cut off while they write never read why. */
async function discard({ body }: Request): Promise<void> {
  if (!body) return;
  const reader = body.getReader();
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const late = setTimeout(resolve, DISCARD_MS);
  const readAll = async (): Promise<void> => {
    while (!(await reader.read()).done);
  };
  // A sender who has gone away is not answered anyway.
  readAll().then(resolve, resolve);
  await over;
  clearTimeout(late);
}

/** Whether the body's length is declared, and within the limit. The HTTP parser holds the sender to what it declared. */
function declaresLength(request: Request, maxBytes: number): boolean {
  const declared = request.headers.get("content-length");
  if (declared === null) return false;
  if (Number(declared) > maxBytes) throw tooLarge();
  return true;
}

/**
 * The request with a body that fails when it grows over the limit, for code that reads it by itself.
 * @throws FermataError `PAYLOAD_TOO_LARGE` when it declares as much.
 */
export function limitedRequest(request: Request, maxBytes: number): Request {
  if (request.method === "GET" || request.method === "HEAD" || declaresLength(request, maxBytes)) return request;
  const { body } = request;
  if (!body) return request;
  let size = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.byteLength;
      if (size > maxBytes) controller.error(tooLarge());
      else controller.enqueue(chunk);
    },
  });
  // Part by part: a host's request need not be of this runtime's own class. `duplex` is not among TypeScript's members of a request yet.
  const { url, method, headers, signal } = request;
  return new Request(url, { method, headers, signal, body: body.pipeThrough(counter), duplex: "half" } as RequestInit);
}

async function readCounted(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (request.body) {
    for await (const chunk of request.body) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

async function readForm(request: Request, contentType: string, maxBytes: number): Promise<Record<string, unknown>> {
  declaresLength(request, maxBytes);
  const bytes = await readCounted(request, maxBytes);
  let form: FormData;
  try {
    form = await new Response(bytes, { headers: { "content-type": contentType } }).formData();
  } catch (cause) {
    throw malformed(messageOf(cause), cause);
  }
  return toFields(form);
}

function toFields(form: FormData): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of form) {
    // A file stays one value: its bytes as members of an object would be millions of them.
    const parsed = typeof value === "string" ? jsonOrText(value) : value;
    Object.defineProperty(fields, name, { value: parsed, enumerable: true, configurable: true, writable: true });
  }
  return fields;
}

function jsonOrText(value: string): unknown {
  try {
    return parseJson(value);
  } catch {
    return value;
  }
}

/** @throws FermataError `VALIDATION_FAILED` in the wire's form for malformed JSON. */
function parseJson(text: string): unknown {
  if (text.trim() === "") return undefined;
  if (isTooDeep(text, MAX_DEPTH)) throw malformed(`JSON is nested more than ${MAX_DEPTH} levels deep`);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw malformed(messageOf(cause), cause);
  }
}

function malformed(message: string, cause?: unknown): InvalidRequest {
  return new InvalidRequest("body", [{ field: "body", message }], cause);
}

function tooLarge(): FermataError {
  return new FermataError("PAYLOAD_TOO_LARGE", "Request body too large");
}

const TITLES = { body: "Invalid request body", query: "Invalid query parameters", path: "Invalid path parameters" } as const;

/** A request that does not fit its route. */
export class InvalidRequest extends FermataError {
  readonly part: "body" | "query" | "path";
  readonly issues: readonly { readonly field: string; readonly message: string }[];

  constructor(part: "body" | "query" | "path", issues: readonly { readonly field: string; readonly message: string }[], cause?: unknown) {
    super("VALIDATION_FAILED", TITLES[part], cause === undefined ? {} : { cause });
    this.part = part;
    this.issues = issues;
  }
}
