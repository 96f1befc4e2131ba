/** Values that a browser keeps for the server and can neither read nor change. */
import { EncryptJWT, errors, jwtDecrypt, type JWTPayload } from "jose";
import { FermataError } from "../../errors.ts";

/** Shorter ones can be guessed. */
const MIN_PASSWORD_LENGTH = 32;

/** Seals with AES-256-GCM, under a key of its own for each purpose: what was sealed for one is nothing for another. */
export class Seal {
  readonly #password: string;
  readonly #purpose: string;
  #key: Promise<Uint8Array> | undefined;

  /** @throws FermataError `MISCONFIGURED` for a short password. */
  constructor(password: string, purpose: string) {
    if (password.length < MIN_PASSWORD_LENGTH)
      throw new FermataError(
        "MISCONFIGURED",
        `The password that cookies are sealed with must have at least ${MIN_PASSWORD_LENGTH} characters.`,
      );
    this.#password = password;
    this.#purpose = purpose;
  }

  /** @param seconds how long the seal holds from now. */
  async seal(value: JWTPayload, seconds: number): Promise<string> {
    return new EncryptJWT(value)
      .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1_000) + seconds)
      .encrypt(await this.#derived());
  }

  /** What was sealed, with `iat` and `exp`; `undefined` for anything else and when its time is over. */
  async open(sealed: string): Promise<JWTPayload | undefined> {
    try {
      const { payload } = await jwtDecrypt(sealed, await this.#derived(), {
        keyManagementAlgorithms: ["dir"],
        contentEncryptionAlgorithms: ["A256GCM"],
        requiredClaims: ["exp"],
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
      throw error;
    }
  }

  #derived(): Promise<Uint8Array> {
    this.#key ??= derive(this.#password, this.#purpose);
    return this.#key;
  }
}

async function derive(password: string, purpose: string): Promise<Uint8Array> {
  const text = new TextEncoder();
  const base = await crypto.subtle.importKey("raw", text.encode(password), "HKDF", false, ["deriveBits"]);
  const params = { name: "HKDF", hash: "SHA-256", salt: text.encode("fermata"), info: text.encode(purpose) };
  return new Uint8Array(await crypto.subtle.deriveBits(params, base, 256));
}
