import type { Cancellation } from "../runs/cancellation.ts";

/** Milliseconds that work under way gets to end by itself once it has been cancelled. */
const GRACE_MS = 50;

/** Settles as `work` does. Once the run is cancelled, `work` has a moment to end in its own way; then the call rejects with the reason. */
export function settleOrCancel<T>(cancellation: Cancellation, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const unlisten = cancellation.onCancel(() => {
      timer = setTimeout(() => reject(cancellation.reason), GRACE_MS);
    });
    const end = (): void => {
      clearTimeout(timer);
      unlisten();
    };
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
