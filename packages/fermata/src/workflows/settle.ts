/** Milliseconds that work under way gets to end by itself once it has been cancelled. */
const GRACE_MS = 50;

/** Settles as `work` does. Once the signal aborts, `work` has a moment to end in its own way; then the call rejects with the signal's reason. */
export function settleOrAbort<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onAbort = (): void => {
      timer = setTimeout(() => reject(signal.reason as Error), GRACE_MS); // a cancelled run aborts with an `AbortError`
    };
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    work.then(
      (value) => {
        end();
        resolve(value);
      },
      (error: unknown) => {
        end();
        reject(error);
      },
    );
  });
}
