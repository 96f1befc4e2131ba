import { describe, expect, test } from "vitest";
import { apiError } from "../../test/support/scripted-model.ts";
import { FermataError } from "../errors.ts";
import { isRetryable, retryAfterMs, toModelError } from "./errors.ts";

const network = (code: string): Error =>
  Object.assign(new TypeError("fetch failed"), { cause: Object.assign(new Error("secret"), { code }) });
const aborted = new DOMException("secret", "AbortError");

describe("the projection of a failure", () => {
  test.each([
    ["HTTP 429", apiError(429), "RATE_LIMITED", true],
    ["HTTP 408", Object.assign(apiError(408), { isRetryable: true }), "UPSTREAM_FAILED", true],
    ["HTTP 409", Object.assign(apiError(409), { isRetryable: true }), "UPSTREAM_FAILED", true],
    ["HTTP 503", apiError(503), "UPSTREAM_FAILED", true],
    ["HTTP 401", apiError(401), "MISCONFIGURED", false],
    ["HTTP 403", apiError(403), "MISCONFIGURED", false],
    ["HTTP 400", apiError(400), "MODEL_FAILED", false],
    ["a status without a word on repeating", { status: 502 }, "UPSTREAM_FAILED", true],
    ["a refused connection", network("ECONNREFUSED"), "UPSTREAM_FAILED", true],
    ["a lost connection", new TypeError("terminated"), "UPSTREAM_FAILED", true],
    ["a limit inside a stream", { error: { type: "tokens", code: "rate_limit_exceeded", message: "secret" } }, "RATE_LIMITED", true],
    ["an overload inside a stream", { type: "overloaded_error", message: "secret" }, "UPSTREAM_FAILED", true],
    ["a number inside a stream", { code: 429, message: "secret" }, "RATE_LIMITED", true],
    ["a thrown string", "secret", "MODEL_FAILED", false],
    ["nothing", undefined, "MODEL_FAILED", false],
    ["a programming error", new TypeError("secret"), "MODEL_FAILED", false],
    ["an abort", aborted, "CANCELLED", false],
  ] as const)("of %s is %s and says nothing of the provider's", (_, error, code, retryable) => {
    const projected = toModelError(error);
    expect([projected.code, isRetryable(error)]).toEqual([code, retryable]);
    expect(JSON.stringify([projected.message, projected.details])).not.toContain("secret");
    expect(projected.cause).toBe(error);
  });
  test("leaves a coded error as it is", () => {
    const error = new FermataError("UPSTREAM_TIMEOUT", "late");
    expect(toModelError(error)).toBe(error);
    expect(isRetryable(error)).toBe(false);
  });
  test("names the status and, for a limit, the wait", () => {
    const error = toModelError(apiError(429, { "Retry-After": "7" }));
    expect([error.message, error.details]).toEqual(["The model provider answered with HTTP 429.", { retryAfterSeconds: 7 }]);
  });
});

describe("the wait that a provider asks for", () => {
  test.each([
    [{ "retry-after-ms": "250", "retry-after": "9" }, 250],
    [{ "retry-after-ms": "90000" }, 60_000],
    [{ "retry-after": "1.5" }, 1500],
    [{ "retry-after": "3600" }, 60_000],
    [{ "retry-after": new Date(0).toUTCString() }, 0],
    [{ "retry-after": new Date(Date.now() + 3_600_000).toUTCString() }, 60_000],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "-5" }, 0],
    [{}, undefined],
  ])("of %j is %s ms", (headers, ms) => {
    expect(retryAfterMs(apiError(429, headers as Record<string, string>))).toBe(ms);
  });
});
