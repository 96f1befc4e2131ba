/** What a call of the client fails with. */
import type { ErrorCode } from "../errors.ts";

/**
 * Codes of the server's own (`docs/errors.md`), and of the client: `NETWORK` when no reply came, `TIMEOUT` when it took too long,
 * `BAD_REPLY` when it could not be understood, `STREAM_LOST` when a stream broke and could not be taken up again, `HTTP` for a failure
 * that some other program between the two has sent.
 */
export type ClientErrorCode = ErrorCode | "NETWORK" | "BAD_REPLY" | "STREAM_LOST" | "HTTP";

export interface ClientIssue {
  readonly field: string;
  readonly message: string;
}

interface Facts {
  readonly status?: number;
  readonly statusText?: string;
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly body?: unknown;
  readonly cause?: unknown;
}

const BRAND = Symbol.for("fermata.client-error");

/** A failed call. An abort of the caller's own is not one: it rejects with the signal's reason, as `fetch` does. */
export class FermataClientError extends Error {
  override readonly name: string = "FermataClientError";
  readonly code: ClientErrorCode;
  /** The HTTP status; 0 when no reply came. */
  readonly status: number;
  readonly statusText: string;
  /** Names the request in the server's log. */
  readonly requestId: string | undefined;
  /** Milliseconds until a repeat may help, when the server said so. */
  readonly retryAfterMs: number | undefined;
  /** The reply's body: parsed when it was JSON, otherwise its text. */
  readonly body: unknown;

  constructor(code: ClientErrorCode, message: string, { cause, ...facts }: Facts = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = facts.status ?? 0;
    this.statusText = facts.statusText ?? "";
    this.requestId = facts.requestId;
    this.retryAfterMs = facts.retryAfterMs;
    this.body = facts.body;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** What is wrong with the request, field by field. Empty for other failures. */
  get issues(): readonly ClientIssue[] {
    const issues = memberOf(this.body, "issues");
    return Array.isArray(issues) ? (issues as ClientIssue[]) : []; // the contract's `Error`
  }

  get details(): unknown {
    return memberOf(this.body, "details");
  }

  /** Works across realms and duplicate installs, where `instanceof` does not. */
  static is(error: unknown): error is FermataClientError {
    return typeof error === "object" && error !== null && BRAND in error;
  }
}

/** A failed reply as an error. Reads its body. */
export async function toClientError(response: Response): Promise<FermataClientError> {
  const text = await response.text().catch(() => "");
  const body = parsed(text);
  const code = memberOf(body, "code");
  const requestId = memberOf(body, "requestId") ?? response.headers.get("x-request-id");
  const { status, statusText } = response;
  return new FermataClientError(
    typeof code === "string" ? (code as ErrorCode) : "HTTP",
    messageIn(body) ?? `HTTP ${status} ${statusText}`,
    {
      status,
      statusText,
      body,
      requestId: typeof requestId === "string" ? requestId : undefined,
      retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
    },
  );
}

/** `error` is a text, or with OpenAI's routes an object with a message. */
function messageIn(body: unknown): string | undefined {
  const error = memberOf(body, "error");
  const message = typeof error === "string" ? error : memberOf(error, "message");
  return typeof message === "string" ? message : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value ? value[name as keyof typeof value] : undefined;
}

/** Seconds, or a date. */
function retryAfterMs(value: string | null): number | undefined {
  if (value === null || value === "") return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
