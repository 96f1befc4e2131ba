/** Whether a signed token is what it says. One verifier for all providers, on `jose`. */
import { errors, jwtVerify, type JWTPayload } from "jose";
import { BoundedMap } from "../../storage/memory/bounded-map.ts";
import { deepFreeze } from "./deep-freeze.ts";
import type { KeySource } from "./keys.ts";

/** What a token says, once it is believed. Frozen: the same object serves all requests with the token. */
export type Claims = Readonly<JWTPayload>;

export interface VerifierOptions<T> {
  readonly keys: KeySource;
  /** Nothing else is accepted, whatever the token's header says. */
  readonly algorithms: readonly string[];
  /** One of these. Left out, it is not looked at. */
  readonly issuer?: string | readonly string[] | undefined;
  readonly audience?: string | readonly string[] | undefined;
  readonly requiredClaims?: readonly string[] | undefined;
  /** How far this clock and the issuer's may be apart. Default 10. */
  readonly clockToleranceSeconds?: number | undefined;
  /** Longer tokens are not looked at. Default 16,384. */
  readonly maxTokenLength?: number | undefined;
  /** How long a token that was verified is not verified again. Never longer than it is valid. Default 60. */
  readonly cacheSeconds?: number | undefined;
  /** The user that the claims are about; `undefined` refuses them. */
  toUser(claims: Claims): T | undefined;
}

/** A token that was found to be good. */
export interface Verified<T> {
  readonly claims: Claims;
  readonly user: T;
}

interface Remembered<T> extends Verified<T> {
  /** Epoch milliseconds. */
  readonly until: number;
}

const MAX_REMEMBERED = 1_000;

export class TokenVerifier<T> {
  readonly #options: VerifierOptions<T>;
  readonly #toleranceSeconds: number;
  readonly #maxLength: number;
  readonly #cacheMs: number;
  #remembered = new BoundedMap<Remembered<T>>(MAX_REMEMBERED);
  #generation: number;

  constructor(options: VerifierOptions<T>) {
    this.#options = options;
    this.#toleranceSeconds = options.clockToleranceSeconds ?? 10;
    this.#maxLength = options.maxTokenLength ?? 16_384;
    this.#cacheMs = (options.cacheSeconds ?? 60) * 1_000;
    this.#generation = options.keys.generation;
  }

  /**
   * Resolves to `undefined` for every token that is not to be believed.
   * @throws FermataError `UNAVAILABLE` when the issuer's keys cannot be had, so that nothing can be said about the token.
   */
  async verify(token: string): Promise<Verified<T> | undefined> {
    if (token === "" || token.length > this.#maxLength) return undefined;
    return this.#recall(token) ?? (await this.#verify(token));
  }

  #recall(token: string): Verified<T> | undefined {
    this.#forgetWithdrawnKeys();
    const known = this.#remembered.get(token);
    if (!known || known.until > Date.now()) return known;
    this.#remembered.delete(token);
    return undefined;
  }

  #forgetWithdrawnKeys(): void {
    if (this.#options.keys.generation === this.#generation) return;
    this.#remembered = new BoundedMap(MAX_REMEMBERED);
    this.#generation = this.#options.keys.generation;
  }

  async #verify(token: string): Promise<Verified<T> | undefined> {
    let generation: number | undefined;
    const claims = await this.#believe(token, () => (generation = this.#options.keys.generation));
    const user = claims && this.#options.toUser(claims);
    if (user === undefined || !claims) return undefined;
    const found = { claims, user };
    const validMs = claims.exp === undefined ? Number.POSITIVE_INFINITY : (claims.exp + this.#toleranceSeconds) * 1_000;
    const until = Math.min(Date.now() + this.#cacheMs, validMs);
    this.#forgetWithdrawnKeys();
    // Unless keys were withdrawn while this token was looked at.
    if (generation === this.#generation) this.#remembered.set(token, { ...found, until });
    return found;
  }

  async #believe(token: string, onKey: () => void): Promise<Claims | undefined> {
    const { algorithms, audience, issuer, keys, requiredClaims } = this.#options;
    try {
      const { payload } = await jwtVerify(
        token,
        async (header) => {
          const key = await keys.find(header);
          onKey();
          if (!key) throw new errors.JWKSNoMatchingKey();
          return key;
        },
        {
          algorithms: [...algorithms],
          clockTolerance: this.#toleranceSeconds,
          ...(issuer !== undefined && { issuer: typeof issuer === "string" ? issuer : [...issuer] }),
          ...(audience !== undefined && { audience: typeof audience === "string" ? audience : [...audience] }),
          ...(requiredClaims && { requiredClaims: [...requiredClaims] }),
        },
      );
      return deepFreeze(payload);
    } catch (error) {
      // A key that does not fit the algorithm is a TypeError: the token's fault, since it named both.
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
      throw error;
    }
  }
}
