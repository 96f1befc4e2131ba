/** The public keys of a token issuer, fetched when they are needed and kept for a while. */
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWSHeaderParameters } from "jose";
import { FermataError } from "../../errors.ts";
import { fetchJson, type Fetch } from "./fetch-json.ts";
import type { KeySource, VerificationKey } from "./keys.ts";

export interface RemoteKeysOptions {
  /** Where the key set is; asked for once it is needed. */
  readonly url: () => Promise<string>;
  readonly fetch?: Fetch | undefined;
  /** How long keys are used without asking again. Default ten minutes. */
  readonly maxAgeMs?: number | undefined;
  /** How long they are used beyond that while the issuer does not answer. Default one hour. */
  readonly maxStaleMs?: number | undefined;
  /** How long the issuer is left alone after a key that it does not have, or after it did not answer. Default 30,000. */
  readonly cooldownMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
}

interface KeySet {
  readonly find: ReturnType<typeof createLocalJWKSet>;
  readonly text: string;
}

/** Keys that an issuer publishes. A key that it withdraws is no longer accepted once the keys are fetched again. */
export class RemoteKeys implements KeySource {
  generation = 0;
  readonly #options: RemoteKeysOptions;
  readonly #maxAgeMs: number;
  readonly #maxStaleMs: number;
  readonly #cooldownMs: number;
  #keys: KeySet | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  /** When a token last named a key that was not there. */
  #missedAt = Number.NEGATIVE_INFINITY;
  #failure: { readonly at: number; readonly error: unknown } | undefined;
  #fetching: Promise<KeySet> | undefined;

  constructor(options: RemoteKeysOptions) {
    this.#options = options;
    this.#maxAgeMs = options.maxAgeMs ?? 600_000;
    this.#maxStaleMs = options.maxStaleMs ?? 3_600_000;
    this.#cooldownMs = options.cooldownMs ?? 30_000;
  }

  /** @throws FermataError `UNAVAILABLE` when it cannot be known whether the issuer has the key. */
  async find(header: JWSHeaderParameters): Promise<VerificationKey | undefined> {
    const found = await pick(await this.#current(), header);
    if (found) return found;
    // The issuer may have a new key. Tokens that name keys at random must not turn into requests to it.
    const now = Date.now();
    if (!this.#fetching && now - this.#missedAt < this.#cooldownMs) {
      if (this.#hasJustFailed(now)) throw this.#failure?.error;
      return undefined;
    }
    this.#missedAt = now;
    return pick(await this.#fetch(), header);
  }

  /** The keys to be used now. */
  async #current(): Promise<KeySet> {
    const now = Date.now();
    const age = now - this.#fetchedAt;
    if (this.#keys && age < this.#maxAgeMs) return this.#keys;
    const stale = age < this.#maxAgeMs + this.#maxStaleMs ? this.#keys : undefined;
    if (this.#hasJustFailed(now)) {
      if (stale) return stale;
      throw this.#failure?.error;
    }
    try {
      return await this.#fetch();
    } catch (error) {
      if (stale) return stale;
      throw error;
    }
  }

  #hasJustFailed(now: number): boolean {
    // Without any keys nobody gets in, so the issuer is asked again sooner.
    return this.#failure !== undefined && now - this.#failure.at < (this.#keys ? this.#cooldownMs : Math.min(this.#cooldownMs, 1_000));
  }

  /** Several callers share one request. */
  #fetch(): Promise<KeySet> {
    this.#fetching ??= this.#load().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  async #load(): Promise<KeySet> {
    try {
      const keys = await this.#request();
      if (keys.text !== this.#keys?.text) this.generation += 1;
      this.#keys = keys;
      this.#fetchedAt = Date.now();
      this.#failure = undefined;
      return keys;
    } catch (error) {
      this.#failure = { at: Date.now(), error };
      throw error;
    }
  }

  async #request(): Promise<KeySet> {
    const { fetch, timeoutMs, url } = this.#options;
    const { status, body } = await fetchJson(await url(), { fetch, timeoutMs });
    try {
      if (status !== 200) throw new Error(`The key set answers with status ${status}.`);
      // `createLocalJWKSet` checks the form.
      return { find: createLocalJWKSet(body as JSONWebKeySet), text: JSON.stringify(body) };
    } catch (cause) {
      throw new FermataError("UNAVAILABLE", "The sign-in service cannot be reached. Try again.", { cause });
    }
  }
}

async function pick(keys: KeySet, header: JWSHeaderParameters): Promise<VerificationKey | undefined> {
  try {
    return await keys.find(header);
  } catch (error) {
    // No such key, several without a name to choose by, or one that this machine cannot use.
    if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException) return undefined;
    throw error;
  }
}
