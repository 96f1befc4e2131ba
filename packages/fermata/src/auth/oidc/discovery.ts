/** Where an OpenID provider has its endpoints. */
import { FermataError } from "../../errors.ts";
import { fetchJson, type Fetch } from "../tokens/fetch-json.ts";
import { Lookup } from "../tokens/lookup.ts";
import { secureUrl } from "../tokens/settings.ts";

/** What is used of a provider's metadata (OpenID Connect Discovery 1.0, RFC 8414). */
export interface ServerMetadata {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly authorization_endpoint?: string;
  readonly token_endpoint?: string;
  readonly userinfo_endpoint?: string;
  readonly end_session_endpoint?: string;
  readonly revocation_endpoint?: string;
}

export interface DiscoveryOptions {
  /** Without a slash at its end. */
  readonly issuer: string;
  readonly fetch?: Fetch | undefined;
  /** Plain http, also beyond this machine. */
  readonly allowInsecure?: boolean | undefined;
  /** Instead of asking. */
  readonly metadata?: ServerMetadata | undefined;
}

const ENDPOINTS = [
  "jwks_uri",
  "authorization_endpoint",
  "token_endpoint",
  "userinfo_endpoint",
  "end_session_endpoint",
  "revocation_endpoint",
] as const;

const HOUR_MS = 3_600_000;

export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #metadata = new Lookup<ServerMetadata>(1, HOUR_MS, () => this.#ask());

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  /** @throws FermataError `UNAVAILABLE` when the provider does not answer, or answers as another one. */
  metadata(): Promise<ServerMetadata> {
    return this.#metadata.get("");
  }

  /** @throws FermataError `UNAVAILABLE` also when the provider has no such endpoint. */
  async endpoint(name: Exclude<keyof ServerMetadata, "issuer">): Promise<string> {
    const url = (await this.metadata())[name];
    if (url === undefined) throw unusable(`It has no ${name}.`);
    return url;
  }

  async #ask(): Promise<ServerMetadata> {
    const { allowInsecure, fetch, issuer, metadata } = this.#options;
    const found = metadata ?? (await fetchJson(`${issuer}/.well-known/openid-configuration`, { fetch })).body;
    if (!isMetadata(found)) throw unusable("It has no metadata with an issuer and keys.");
    // Whoever answers must be the one who was asked: otherwise another provider could sign for it.
    if (found.issuer.replace(/\/+$/, "") !== issuer) throw unusable(`It says that it is ${JSON.stringify(found.issuer)}.`);
    for (const name of ENDPOINTS) {
      const url = found[name];
      if (url !== undefined) secureUrl(url, name, allowInsecure);
    }
    return found;
  }
}

function unusable(reason: string): FermataError {
  return new FermataError("UNAVAILABLE", "The sign-in service cannot be reached. Try again.", {
    cause: new Error(`OpenID provider: ${reason}`),
  });
}

function isMetadata(value: unknown): value is ServerMetadata {
  if (typeof value !== "object" || value === null) return false;
  const record = value as Readonly<Record<string, unknown>>; // any object can be read as a record
  return (
    typeof record.issuer === "string" &&
    typeof record.jwks_uri === "string" &&
    ENDPOINTS.every((name) => record[name] === undefined || typeof record[name] === "string")
  );
}
