/** A failed call to the provider, in the structural form of the AI SDK's `APICallError`, so that one test recognises both. */

const MAX_BODY_LENGTH = 65_536;

export interface ApiErrorFacts {
  readonly message: string;
  readonly url: string;
  readonly requestBody: unknown;
  readonly statusCode?: number;
  readonly responseHeaders?: Record<string, string>;
  readonly responseBody?: string;
  readonly isRetryable: boolean;
  readonly data?: unknown;
  readonly cause?: unknown;
}

export class ApiCallError extends Error {
  override readonly name = "AI_APICallError";
  readonly url: string;
  declare readonly requestBodyValues: unknown;
  readonly statusCode: number | undefined;
  readonly responseHeaders: Record<string, string> | undefined;
  readonly responseBody: string | undefined;
  readonly isRetryable: boolean;
  readonly data: unknown;

  constructor(facts: ApiErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.url = facts.url;
    this.statusCode = facts.statusCode;
    this.responseHeaders = facts.responseHeaders;
    this.responseBody = facts.responseBody;
    this.isRetryable = facts.isRetryable;
    this.data = facts.data;
    // The request holds the prompt: not enumerable, so that a logger that prints the error does not print the prompt.
    Object.defineProperty(this, "requestBodyValues", { value: facts.requestBody, enumerable: false });
  }
}

/** The error for an answer with a failure status. The body is read for the log, up to 65,536 characters. */
export async function toApiError(response: Response, url: string, requestBody: unknown): Promise<ApiCallError> {
  const responseBody = await readStart(response);
  const data = parseJson(responseBody);
  const { status } = response;
  return new ApiCallError({
    message: messageOfBody(data) ?? `HTTP ${status} ${response.statusText}`.trim(),
    url,
    requestBody,
    statusCode: status,
    responseHeaders: Object.fromEntries(response.headers),
    responseBody,
    isRetryable: status === 408 || status === 409 || status === 429 || status >= 500,
    data,
  });
}

/** The text of `{ error: { message } }`, `{ error: "…" }` or `{ message }`. */
export function messageOfBody(data: unknown): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  if ("error" in data) {
    if (typeof data.error === "string") return data.error;
    if (data.error !== null && data.error !== undefined) return messageOfBody(data.error);
  }
  return "message" in data && typeof data.message === "string" ? data.message : undefined;
}

/** A failing server may send anything, also without end. */
async function readStart(response: Response): Promise<string> {
  let text = "";
  try {
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      text += decoder.decode(bytes, { stream: true });
      if (text.length >= MAX_BODY_LENGTH) break; // leaving the loop closes the connection
    }
  } catch {
    // What has come is enough for the log.
  }
  return text.slice(0, MAX_BODY_LENGTH);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
