import type { Meter } from "../../context/meter.ts";
import type { StreamSource } from "../wire/event-stream.ts";

/** A request that was let in, until its work is over. */
export class Admission {
  /** Counts what the request's runs spend; `undefined` where nothing limits it. */
  readonly meter: Meter | undefined;
  readonly #taken: (() => void)[];
  #isHeld = false;

  /** @param taken gives back the places that the request has taken */
  constructor(meter: Meter | undefined, taken: (() => void)[]) {
    this.meter = meter;
    this.#taken = taken;
  }

  /** The stream, which keeps the places until its run has ended, whoever reads it. */
  hold(run: StreamSource): StreamSource {
    if (this.#taken.length === 0) return run;
    this.#isHeld = true;
    return {
      ...run,
      start: (sink) => run.start(sink).finally(() => this.#leave()),
    };
  }

  /** The reply, whose body keeps the places until it has ended. */
  holdBody(reply: Response): Response {
    const { body, status, statusText, headers } = reply;
    if (this.#taken.length === 0) return reply;
    if (!body) {
      this.#leave();
      return reply;
    }
    const reader = body.getReader();
    const held = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          try {
            const { done, value } = await reader.read();
            if (!done) return controller.enqueue(value);
            this.#leave();
            controller.close();
          } catch (error) {
            this.#leave();
            controller.error(error);
          }
        },
        cancel: async (reason) => {
          this.#leave();
          await reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(held, { status, statusText, headers });
  }

  /** Runs `attempt` with the work, which may turn out to have been done before. Afterwards everything is free that no stream holds. */
  async during(work: () => Promise<Response>, attempt: (work: () => Promise<Response>) => Promise<Response>): Promise<Response> {
    let isWorking = false;
    const counted = async (): Promise<Response> => {
      isWorking = true;
      try {
        return await work();
      } finally {
        if (!this.#isHeld) this.#leave();
      }
    };
    try {
      return await attempt(counted);
    } finally {
      if (!isWorking) this.#leave();
    }
  }

  #leave(): void {
    for (const give of this.#taken.splice(0)) give();
  }
}
