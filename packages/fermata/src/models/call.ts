/** One model call of the loop: repeats, fallbacks, time limits, abort. */
import { FermataError, isAbort } from "../errors.ts";
import { toParts } from "./answer-parts.ts";
import type { AnyGenerateResult } from "./answer-parts.ts";
import { Attempt, isPreamble } from "./attempt.ts";
import type { RawPart } from "./attempt.ts";
import { isRetryable, retryAfterMs, toModelError } from "./errors.ts";
import { optionsFor, timeoutsFor } from "./request-options.ts";
import type { ModelCallOptions, ModelCandidate, ModelPart, ModelReply, ModelRequest, PartReader } from "./types.ts";

/**
 * Asks the candidates in order and resolves with the answer of the first that works.
 *
 * A failure that may pass (429, 408, 409, 5xx, network) is repeated up to `maxRetries` times, after the wait that the provider asks for or
 * an exponentially growing one; after that, and after any other failure, the next candidate is asked. Nothing is repeated once a part
 * with content has been read. `stepMs` counts over all tries and waits; `firstChunkMs` counts for each try, and running over it
 * moves on to the next candidate.
 *
 * Rejects with the abort signal's reason, or with a `FermataError` that is safe to show (see `toModelError`); so does `read` of the answer.
 * A reader that is not read to its end must be cancelled.
 */
export async function callModel(candidates: readonly ModelCandidate[], request: ModelRequest): Promise<ModelReply> {
  const startedAt = performance.now();
  const { abortSignal } = request.options;
  if (candidates.length === 0) {
    throw new FermataError("MISCONFIGURED", "The agent has no model to ask: its list of models is empty or all of them are disabled.");
  }
  let failure: unknown;
  for (const [index, candidate] of candidates.entries()) {
    const timeouts = timeoutsFor(candidate, request);
    const options = optionsFor(candidate, request);
    const canRecover = candidate.maxRetries > 0 || index < candidates.length - 1;
    for (let retry = 0; ; retry++) {
      const attempt = new Attempt({ abortSignal, timeouts, startedAt });
      try {
        return await answer(attempt, candidate, request.mode, options, canRecover);
      } catch (error) {
        attempt.cancel(error);
        if (abortSignal?.aborted) throw abortSignal.reason;
        failure = attempt.stopped === undefined ? error : attempt.stopped.reason;
        if (attempt.stopped?.kind === "step-timeout" || isAbort(failure)) throw failure;
      }
      if (retry >= candidate.maxRetries || !isRetryable(failure)) break;
      const waitMs = retryAfterMs(failure) ?? backoffMs(retry);
      const leftMs = (timeouts?.stepMs ?? Infinity) - (performance.now() - startedAt);
      if (waitMs >= leftMs) break; // the step would be over before the next try
      await wait(waitMs, abortSignal);
    }
  }
  throw toModelError(failure);
}

async function answer(
  attempt: Attempt,
  candidate: ModelCandidate,
  mode: ModelRequest["mode"],
  options: ModelCallOptions,
  canRecover: boolean,
): Promise<ModelReply> {
  const { model } = candidate;
  const given =
    attempt.signal === options.abortSignal || attempt.signal === undefined ? options : { ...options, abortSignal: attempt.signal };
  // The three versions differ in their option types; `optionsFor` has written what this model's version expects.
  const typed = given as never;
  if (mode === "generate") {
    const pending: PromiseLike<AnyGenerateResult> = model.doGenerate(typed);
    const result = await attempt.wait(pending);
    attempt.end();
    return {
      model,
      parts: readerOf(toParts(result)),
      ...(result.request !== undefined && { request: result.request }),
      ...(result.response?.headers !== undefined && { response: { headers: result.response.headers } }),
    };
  }
  const pending: PromiseLike<StreamResult> = model.doStream(typed);
  const result = await attempt.wait(pending, (late) => void late.stream.cancel().catch(() => undefined));
  attempt.open(result.stream);
  if (canRecover) await readPreamble(attempt);
  return {
    model,
    parts: attempt,
    ...(result.request !== undefined && { request: result.request }),
    ...(result.response !== undefined && { response: result.response }),
  };
}

interface StreamResult {
  readonly stream: ReadableStream<RawPart>;
  readonly request?: { readonly body?: unknown };
  readonly response?: { readonly headers?: Record<string, string> };
}

/** Reads up to the first part with content; throws when the answer fails before it in a way that another try may mend. */
async function readPreamble(attempt: Attempt): Promise<void> {
  const head: ModelPart[] = [];
  for (;;) {
    const part = await attempt.readRaw();
    if (part === undefined) throw new FermataError("UPSTREAM_FAILED", "The model's answer ended before it had begun.");
    if (part.type === "error" && isRetryable(part.error)) throw part.error;
    head.push(part);
    if (!isPreamble(part)) break;
  }
  attempt.rewind(head);
}

function readerOf(ready: readonly ModelPart[]): PartReader {
  let next = 0;
  return {
    ready,
    read: async () => ready[next++],
    cancel: () => {
      next = ready.length;
    },
  };
}

/** 0.5 s, 1 s, 2 s … up to 10 s, each shortened by chance by up to a half so that many callers do not come back together. */
function backoffMs(retry: number): number {
  return Math.min(10_000, 500 * 2 ** retry) * (0.5 + Math.random() / 2);
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) onAbort();
  });
}
