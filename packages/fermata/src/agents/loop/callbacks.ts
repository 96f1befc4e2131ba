import type { Logger } from "../../telemetry/logger.ts";

/** Calls a function of the app's. What it throws is logged: a callback looks at a run, it does not steer it. */
export async function tell<E>(logger: Logger, name: string, callback: ((event: E) => unknown) | undefined, event: E): Promise<void> {
  if (!callback) return;
  try {
    await callback(event);
  } catch (error) {
    logger.error(`${name} threw`, { error });
  }
}
