/** A transcript: one request and the reply that a server gave to it, as recorded. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: Json;
  /** Sent as it stands. */
  readonly raw?: string;
}

interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export type RecordedResponse =
  | (Head & { readonly framing: "json"; readonly body: Json })
  /** A JSON reply that was too long to be kept whole. */
  | (Head & { readonly framing: "json"; readonly bodyCut: string })
  /** The lines of the reply, split at the line feeds. */
  | (Head & { readonly framing: "sse"; readonly lines: readonly string[]; readonly aborted?: string })
  | (Head & { readonly framing: `record-separator${string}`; readonly chunks: readonly Json[]; readonly endsWithSeparator: boolean })
  | (Head & { readonly framing: "text"; readonly text: string });

export interface Transcript {
  readonly name: string;
  readonly request: RecordedRequest;
  readonly response: RecordedResponse;
}

const LONGEST_BODY = 40_000;
const SEPARATOR = "\u001E";
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Where the given transcripts are. They are not part of this repository. */
export const transcriptFolder = process.env["FERMATA_TRANSCRIPTS"] ?? here("../../../shared/spec/transcripts");
/** Where our own recordings go, one file a case, in the same format. */
const recordingFolder = here("../recorded");

/** The transcripts whose names begin with one of the areas, ordered by name; empty when the folder does not exist. */
export function readTranscripts(areas: readonly string[]): Transcript[] {
  if (!existsSync(transcriptFolder)) return [];
  return readdirSync(transcriptFolder)
    .filter((file) => file.endsWith(".json") && areas.some((area) => file.startsWith(`${area}-`)))
    .sort()
    .map((file): Transcript => JSON.parse(readFileSync(join(transcriptFolder, file), "utf8")));
}

/** Sends a request, keeps the reply as a file and hands it back. */
export async function record(base: string, name: string, request: RecordedRequest, abortAfterMs?: number): Promise<Transcript> {
  const sent = request.raw ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
  const reply = await fetch(base + request.path, {
    method: request.method,
    headers: request.headers,
    redirect: "manual",
    ...(abortAfterMs === undefined ? {} : { signal: AbortSignal.timeout(abortAfterMs) }),
    ...(sent === undefined ? {} : { body: sent }),
  });
  const transcript: Transcript = { name, request, response: toResponse(reply, await textOf(reply)) };
  mkdirSync(recordingFolder, { recursive: true });
  writeFileSync(join(recordingFolder, `${name}.json`), `${JSON.stringify(transcript, null, 1)}\n`);
  return transcript;
}

/** What came of the reply before it ended, or was left. */
async function textOf(reply: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const bytes of reply.body ?? []) text += decoder.decode(bytes, { stream: true });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "TimeoutError") throw error;
  }
  return text;
}

function toResponse(reply: Response, text: string): RecordedResponse {
  const head: Head = { status: reply.status, headers: Object.fromEntries(reply.headers) };
  const contentType = head.headers["content-type"] ?? "";
  if (contentType.includes("event-stream")) return { ...head, framing: "sse", lines: text.split("\n") };
  if (text.includes(SEPARATOR)) {
    const chunks = text.split(SEPARATOR).filter(Boolean).map(toJson);
    return { ...head, framing: "record-separator U+001E after every chunk", endsWithSeparator: text.endsWith(SEPARATOR), chunks };
  }
  const body = contentType.includes("json") ? toJson(text) : undefined;
  if (body === undefined || body === text) return { ...head, framing: "text", text };
  return text.length > LONGEST_BODY
    ? { ...head, framing: "json", bodyCut: text.slice(0, LONGEST_BODY) }
    : { ...head, framing: "json", body };
}

/** The value of a JSON text; a text that is not JSON stands for itself. */
export function toJson(text: string): Json {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}

/** The chunks of a streamed reply in their order, `[DONE]` included as that text; undefined when the reply is no stream. */
export function framesOf(response: RecordedResponse): readonly Json[] | undefined {
  if (response.framing === "sse")
    return response.lines.filter((line) => line.startsWith("data: ")).map((line) => toJson(line.slice("data: ".length)));
  return "chunks" in response ? response.chunks : undefined;
}

export function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The member of a JSON object, or undefined where there is none. */
export function memberOf(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let at: Json | undefined = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined;
  }
  return at;
}
