/** Calls to a server, and its streams. */
import { CommandError } from "../terminal/usage-error.ts";
import type { Operation } from "./operations.ts";

export interface Target {
  readonly url: string;
  readonly prefix: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** @throws CommandError when nobody answers, or the reply is a failure. */
export async function send(target: Target, method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const headers = { ...target.headers, ...(body !== undefined && { "content-type": "application/json" }) };
  let response: Response;
  try {
    response = await fetch(`${target.url}${target.prefix}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw isLate(error);
    throw new CommandError(`No server answers at ${target.url}. Start one with \`fermata dev\`, or name one with --url.`);
  }
  if (!response.ok) throw new CommandError(await failureText(response));
  return response;
}

const isLate = (cause: unknown): CommandError => new CommandError("The time of --timeout is over, and the reply is not there.", { cause });

async function failureText(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { error, code, issues } = JSON.parse(text) as {
      error?: unknown;
      code?: unknown;
      issues?: readonly { field?: string; message?: string }[];
    };
    // The server's own form, and that of the routes for OpenAI's clients.
    const message =
      typeof error === "string" ? error : typeof error === "object" && error !== null && "message" in error ? String(error.message) : text;
    const details = (issues ?? []).map(({ field, message }) => `\n  ${field}: ${message}`).join("");
    return `${response.status}${typeof code === "string" ? ` ${code}` : ""}: ${message}${details}`;
  } catch {
    return `${response.status}: ${text.slice(0, 500) || response.statusText}`;
  }
}

export async function operationsOf(target: Target): Promise<Operation[]> {
  const response = await send(target, "GET", "/system/api-schema", undefined);
  const { routes } = (await response.json()) as { routes: readonly Partial<Operation>[] };
  const named = routes.filter((route): route is Operation => typeof route.id === "string");
  if (named.length === 0) throw new CommandError("The server does not name its operations: it is too old for this command.");
  return named;
}

/** The values of a stream, in either framing, as they come. */
export async function* eventsOf(response: Response, signal?: AbortSignal): AsyncGenerator {
  const isRecords = !response.headers.get("content-type")?.includes("text/event-stream");
  const end = isRecords ? "\u001E" : "\n\n";
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of partsOf(response, signal)) {
    rest += decoder.decode(bytes, { stream: true });
    const parts = rest.split(end);
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const text = isRecords
        ? part
        : part
            .split("\n")
            .flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []))
            .join("\n");
      if (text !== "" && text !== "[DONE]") yield JSON.parse(text);
    }
  }
}

/** @throws CommandError when the stream breaks off. */
async function* partsOf({ body }: Response, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  try {
    yield* body ?? [];
  } catch (cause) {
    throw signal?.aborted ? isLate(cause) : new CommandError("The server broke the stream off before its end.", { cause });
  }
}
