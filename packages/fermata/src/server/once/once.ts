/** Calls that happen once: a repeat gets the reply of the first, while it is made or afterwards. */
import type { Principal } from "../../context/principal.ts";
import { FermataError } from "../../errors.ts";
import type { IdempotencyStore, IdempotentCall } from "../../storage/idempotency.ts";
import { memoryIdempotency } from "../../storage/memory/idempotency.ts";
import { reachOf } from "../../storage/reach.ts";
import type { Store } from "../../storage/store.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Attendance, AwayListener } from "../attendance.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { SharedCall, tooLong } from "./shared-call.ts";
import { replayed, type KeptReply } from "./shared-reply.ts";

/** How long the first reply is kept. */
const KEEP_MS = 24 * 3_600_000;
/** Milliseconds between looks at a call that another process works on. */
const POLL_MS = 100;
/** How long a call goes on, and its reply is kept, for a caller who may come back. */
export const RETURN_MS = 30_000;

const MAX_KEYS = 10_000;
const KEY = /^[\x21-\x7e]{1,255}$/;

/** What is asked for. */
export interface Asked {
  readonly request: Request;
  readonly body: unknown;
  readonly principal: Principal;
  readonly logger: Logger;
  /** Does the work. With a key it is an attempt at it, which may not be the first. */
  readonly work: (attempt?: Attempt) => Promise<Response>;
  /** Shows the run that another process has begun for the same call; `undefined` while there is none, and where it cannot be shown as it goes. */
  readonly join: (runId: string) => Promise<Response | undefined>;
  /** A failure of the work as a reply. */
  readonly failed: (error: unknown) => Promise<Response>;
}

/** One process's try at a call with a key. */
export interface Attempt {
  /** The id of the run that the call begins. */
  readonly runId: string;
  /** An earlier attempt broke off: there may be such a run. */
  readonly isAgain: boolean;
}

/** Who asks. */
export interface Caller {
  readonly attendance: Attendance;
  /** Says that the caller has gone. */
  leave(): void;
  /** Told when the caller has gone and the work goes on. */
  away: AwayListener | undefined;
}

/** A call without a key, until its reply is there. */
class KeylessCall implements AwayListener {
  readonly work: Promise<Response>;
  readonly #lose: (work: Promise<Response>) => void;
  isLost = false;

  constructor(work: Promise<Response>, lose: (work: Promise<Response>) => void) {
    this.work = work;
    this.#lose = lose;
  }

  onAway(): void {
    if (this.isLost) return;
    this.isLost = true;
    this.#lose(this.work);
  }
}

/** The key of a request, if it has one. @throws FermataError `VALIDATION_FAILED` */
export function idempotencyKey({ headers }: Request): string | undefined {
  const given = headers.get("idempotency-key");
  if (given === null) return undefined;
  // The standard writes it in quotes, most clients do not.
  const key = /^"(.*)"$/.exec(given.trim())?.[1] ?? given.trim();
  if (KEY.test(key)) return key;
  throw new FermataError("VALIDATION_FAILED", "Idempotency-Key must have 1 to 255 visible characters.");
}

export class Once {
  readonly #store: Store | undefined;
  readonly #leaseMs: number;
  readonly #ownKeys = memoryIdempotency(MAX_KEYS);
  /** The calls of this process that are under way. */
  readonly #running = new Map<string, SharedCall>();
  /** Questions to the store that are under way. */
  readonly #looking = new Map<string, Promise<IdempotentCall>>();
  /** Calls without a key whose callers have gone without a reply. */
  readonly #lost = new Map<string, SharedCall>();
  readonly #losing = new Set<Promise<string>>();
  readonly #renewals = new Set<() => Promise<void>>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param leaseMs how long a key outlives a process that broke off in the middle */
  constructor(store: Store | undefined, leaseMs: number) {
    this.#store = store;
    this.#leaseMs = leaseMs;
  }

  /** The reply to a call with a key: made now, by whoever came first, or before. */
  async reply(key: string, caller: Caller, asked: Asked): Promise<Response> {
    const { signal } = asked.request;
    const fingerprint = await fingerprintOf(asked.request, asked.body);
    const name = nameOf(asked.principal, key);
    for (;;) {
      const running = this.#running.get(name);
      if (running) {
        if (running.fingerprint !== fingerprint) throw mismatch();
        return running.attendance === caller.attendance ? running.read(() => caller.leave()) : running.join(signal);
      }
      const state = await this.#look(name, key, fingerprint, caller, asked);
      if (state.state === "mismatch") throw mismatch();
      if (state.state === "done") return givenAgain(state.answer);
      if (state.state !== "running") continue;
      caller.attendance.signal.throwIfAborted();
      const joined = state.runId === undefined ? undefined : await asked.join(state.runId);
      if (joined) return joined;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /**
   * The reply to a call without a key. A repeat joins it when the first caller has gone without a reply and the work goes on all the same:
   * clients that repeat what they got no answer to do not all send keys.
   */
  async replyWithoutKey(caller: Caller, asked: Asked): Promise<Response> {
    if (this.#losing.size > 0 || this.#lost.size > 0) {
      await Promise.all(this.#losing);
      const found = this.#lost.get(await lostName(asked));
      if (found) return found.join(asked.request.signal);
    }
    const call = new KeylessCall(asked.work(), (work) => void this.#keepLost(caller.attendance, asked, work.catch(asked.failed)));
    caller.away = call;
    const response = await call.work;
    caller.away = undefined;
    return call.isLost ? new Response(null, { status: 204 }) : response; // nobody reads this one
  }

  async #keepLost(attendance: Attendance, asked: Asked, work: Promise<Response>): Promise<void> {
    const naming = lostName(asked);
    this.#losing.add(naming);
    const name = await naming;
    this.#losing.delete(naming);
    const shared = new SharedCall("", attendance, work);
    const forget = (): void => {
      if (this.#lost.get(name) === shared) this.#lost.delete(name);
    };
    this.#lost.set(name, shared);
    attendance.signal.addEventListener("abort", forget, { once: true });
    const reply = await shared.reply;
    if (mayChange(reply.status)) return forget();
    setTimeout(forget, RETURN_MS).unref();
  }

  /** How the call stands. Of all who ask for the same one here, one asks the store; it starts the call when it is the first. */
  #look(name: string, key: string, fingerprint: string, caller: Caller, asked: Asked): Promise<IdempotentCall> {
    const question = `${name}${fingerprint}`;
    const known = this.#looking.get(question);
    if (known) return known;
    const looking = this.#begin(name, key, fingerprint, caller, asked).finally(() => this.#looking.delete(question));
    this.#looking.set(question, looking);
    return looking;
  }

  async #begin(name: string, key: string, fingerprint: string, { attendance }: Caller, asked: Asked): Promise<IdempotentCall> {
    const keys = this.#keysOf(asked.principal);
    const state = await keys.begin(key, fingerprint, this.#store ? this.#leaseMs : KEEP_MS, crypto.randomUUID());
    if (state.state === "started") {
      attendance.graceMs = Math.max(attendance.graceMs, RETURN_MS);
      const shared = new SharedCall(fingerprint, attendance, asked.work(state).catch(asked.failed));
      this.#running.set(name, shared);
      void this.#keep(name, shared, keys, key, asked.logger);
    }
    return state;
  }

  /** Keeps the reply when it is there; forgets a call that came to nothing. */
  async #keep(name: string, shared: SharedCall, keys: IdempotencyStore, key: string, logger: Logger): Promise<void> {
    const { fingerprint } = shared;
    const renew = (): Promise<void> => keys.renew(key, fingerprint, this.#leaseMs);
    this.#renewals.add(renew);
    if (this.#store && !this.#timer) this.#timer = this.#startRenewing(logger);
    try {
      const reply = await shared.reply;
      if (mayChange(reply.status)) return await keys.abandon(key, fingerprint);
      const kept = await reply.kept;
      await keys.finish(key, fingerprint, JSON.stringify(kept ?? null), KEEP_MS);
    } catch (error) {
      logger.error("The reply to a call with an Idempotency-Key could not be kept", { error });
    } finally {
      this.#renewals.delete(renew);
      this.#running.delete(name);
    }
  }

  #startRenewing(logger: Logger): ReturnType<typeof setInterval> {
    const timer = setInterval(() => {
      if (this.#renewals.size === 0) {
        clearInterval(timer);
        this.#timer = undefined;
      }
      for (const renew of this.#renewals)
        renew().catch((error: unknown) => logger.warn("An Idempotency-Key could not be renewed", { error }));
    }, this.#leaseMs / 3); // a living process says that it goes on
    return timer;
  }

  #keysOf(principal: Principal): IdempotencyStore {
    return this.#store ? this.#store.for(principal).idempotency : this.#ownKeys.for(reachOf(principal));
  }
}

function nameOf({ tenant, subject }: Principal, key: string): string {
  return JSON.stringify([tenant, subject, key]);
}

async function lostName({ request, body, principal }: Asked): Promise<string> {
  return nameOf(principal, await fingerprintOf(request, body));
}

/** What a repeat may change: failures of the server or the model, limits, time that ran out, callers that left. */
function mayChange(status: number): boolean {
  return status >= 500 || status === 408 || status === 429 || status === 499;
}

function givenAgain(answer: string): Response {
  const kept = JSON.parse(answer) as KeptReply | null; // written by `#keep`
  if (!kept) throw tooLong();
  return replayed(kept);
}

function mismatch(): FermataError {
  return new FermataError("UNPROCESSABLE", "This Idempotency-Key has been used for another request. Send a new key with a new request.");
}
