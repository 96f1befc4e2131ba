/** The official client on a server of its own, with a count of what it really sends. */
import { MastraClient } from "@mastra/client-js";
import { onTestFinished } from "vitest";

type Agent = ReturnType<MastraClient["getAgent"]>;
export type Streamed = Awaited<ReturnType<Agent["approveToolCall"]>>;
/** A chunk as the client hands it on. */
export type Chunk = Parameters<Parameters<Streamed["processDataStream"]>[0]["onChunk"]>[0];

/** One request as it left the client. */
export interface SentRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: string | undefined;
}

export interface Connection {
  readonly client: MastraClient;
  /** Every request of this client, repeats included, oldest first. */
  readonly sent: readonly SentRequest[];
}

/** A client with its own retry policy (three repeats of a 5xx) and short pauses between them. */
export function connect(url: string): Connection {
  const sent: SentRequest[] = [];
  const counting: typeof fetch = (input, init) => {
    sent.push({
      method: init?.method ?? "GET",
      url: new URL(input instanceof Request ? input.url : input),
      body: typeof init?.body === "string" ? init.body : undefined,
    });
    return fetch(input, init);
  };
  return { sent, client: new MastraClient({ baseUrl: url, backoffMs: 1, maxBackoffMs: 2, fetch: counting }) };
}

/** Reads a stream of the client to its end. */
export async function chunksOf(streamed: Pick<Streamed, "processDataStream">): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  await streamed.processDataStream({ onChunk: (chunk) => void chunks.push(chunk) });
  return chunks;
}

/** The first chunk of a type. @throws Error when there is none. */
export function chunkOf<Type extends Chunk["type"]>(chunks: readonly Chunk[], type: Type): Extract<Chunk, { type: Type }> {
  const chunk = chunks.find((candidate): candidate is Extract<Chunk, { type: Type }> => candidate.type === type);
  if (!chunk) throw new Error(`There is no ${type} chunk among: ${chunks.map((candidate) => candidate.type).join(" ")}`);
  return chunk;
}

/** The types in their order; a run of equal types counts once. */
export function orderOf(chunks: readonly Chunk[]): string[] {
  return chunks.map((chunk) => chunk.type).filter((type, index, all) => type !== all[index - 1]);
}

/** The streamed text, put together. */
export function textOf(chunks: readonly Chunk[]): string {
  return chunks.map((chunk) => (chunk.type === "text-delta" ? chunk.payload.text : "")).join("");
}

/** What a failed call of the client carries. */
export interface ClientFailure {
  readonly name: string;
  readonly status: number;
  readonly body: unknown;
}

/** Waits for a call that has to fail, and hands back what it failed with. */
export async function failureOf(call: Promise<unknown>): Promise<ClientFailure> {
  const error = await call.then(
    (value) => Promise.reject(new Error(`The call did not fail: ${JSON.stringify(value)}`)),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error) || !("status" in error) || typeof error.status !== "number") throw error;
  return { name: error.name, status: error.status, body: "body" in error ? error.body : undefined };
}

/** The client reports on the console what it finds odd in a failed or continued stream; the tests that make such streams keep that out of their output. */
export function muteConsole(): void {
  const { error } = console;
  console.error = () => {};
  onTestFinished(() => void (console.error = error));
}
