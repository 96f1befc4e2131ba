/** Where the keys come from that tokens are checked with. An algorithm's family decides which; a token cannot choose. */
import { importSPKI, importX509, type JWSHeaderParameters } from "jose";
import { FermataError } from "../../errors.ts";

export type VerificationKey = CryptoKey | Uint8Array;

export interface KeySource {
  /** Changes when keys were added or withdrawn: what was verified before has to be verified again. */
  readonly generation: number;
  /** The key for a token with this header; `undefined` when there is none. */
  find(header: JWSHeaderParameters): Promise<VerificationKey | undefined>;
}

export const HMAC_ALGORITHMS = ["HS256", "HS384", "HS512"] as const;
export const PUBLIC_KEY_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;

export const isHmac = (algorithm: string): boolean => HMAC_ALGORITHMS.some((name) => name === algorithm);

/** Fewer can be guessed from one token, without asking the server. */
const MIN_SECRET_BYTES = 32;

/** A secret that both sides know. It checks HS* and nothing else. @throws FermataError `MISCONFIGURED` for a short one. */
export function secretKeys(secret: string): KeySource {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.byteLength < MIN_SECRET_BYTES)
    throw new FermataError("MISCONFIGURED", `The secret that tokens are signed with must have at least ${MIN_SECRET_BYTES} bytes.`);
  return { generation: 0, find: async ({ alg = "" }) => (isHmac(alg) ? bytes : undefined) };
}

export const isPem = (text: string): boolean => text.trimStart().startsWith("-----BEGIN");

/** One public key or certificate in PEM. It checks signatures and nothing else: as a secret, everybody knows it. */
export function pemKeys(pem: string): KeySource {
  const imported = new Map<string, Promise<CryptoKey | undefined>>();
  const load = async (algorithm: string): Promise<CryptoKey | undefined> => {
    try {
      return await (pem.includes("CERTIFICATE") ? importX509(pem, algorithm) : importSPKI(pem, algorithm));
    } catch {
      return undefined; // the key is of another family than the algorithm
    }
  };
  return {
    generation: 0,
    async find({ alg = "" }) {
      if (isHmac(alg)) return undefined;
      // As many as the allow-list has.
      const known = imported.get(alg) ?? load(alg);
      imported.set(alg, known);
      return known;
    },
  };
}

/** Two sources, one for HS* and one for everything else. */
export function bothKeys(secret: KeySource, published: KeySource): KeySource {
  return {
    get generation() {
      return published.generation;
    },
    find: (header) => (isHmac(header.alg ?? "") ? secret : published).find(header),
  };
}
