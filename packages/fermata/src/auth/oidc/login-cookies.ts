/** Sign-ins under way. What only the browser that began one may know is in a sealed cookie of that browser, and nowhere else. */
import { base64url } from "jose";
import { FermataError } from "../../errors.ts";
import { cookieIn } from "../provider.ts";
import { BoundedMap } from "../../storage/memory/bounded-map.ts";
import type { Seal } from "./seal.ts";
import type { LoginRequest } from "./sign-in-flow.ts";

/** How long a user may take to sign in. */
const LOGIN_SECONDS = 600;

interface Login {
  readonly redirectUri: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** The `Set-Cookie` value that takes the cookie away: a sign-in is completed once. */
  readonly used: string;
}

export class LoginCookies {
  readonly #seal: Seal;
  readonly #prefix: string;
  readonly #isSecure: (redirectUri: string) => boolean;
  /** `Set-Cookie` values between `begin` and `take`. */
  readonly #pending = new BoundedMap<string>(1_000);
  #brought: string | null = null;

  constructor(seal: Seal, sessionCookie: string, isSecure: (redirectUri: string) => boolean) {
    this.#seal = seal;
    this.#prefix = `${sessionCookie}_login_`;
    this.#isSecure = isSecure;
  }

  async begin(redirectUri: string, state: string): Promise<LoginRequest> {
    const [nonce, codeVerifier] = [random(), random()];
    const secure = this.#isSecure(redirectUri);
    const name = await this.#nameFor(state, secure);
    const sealed = await this.#seal.seal({ state, redirectUri, nonce, codeVerifier }, LOGIN_SECONDS);
    this.#pending.set(state, `${name}=${sealed}; ${cookieFlags(LOGIN_SECONDS, secure)}`);
    return { redirectUri, state, nonce, codeChallenge: await sha256(codeVerifier) };
  }

  /** The cookies of the sign-in that was begun with `state`, once. */
  take(state: string): readonly string[] | undefined {
    const cookie = this.#pending.get(state);
    this.#pending.delete(state);
    return cookie === undefined ? undefined : [cookie];
  }

  /** The cookies of the browser that comes back; `complete` follows with nothing in between. */
  bring(header: string | null): void {
    this.#brought = header;
  }

  /** @throws FermataError `UNAUTHENTICATED` when another browser began the sign-in, or nobody did, or it took too long. */
  async complete(state: string): Promise<Login> {
    const brought = this.#brought ?? "";
    this.#brought = null;
    const names = await Promise.all([true, false].map((secure) => this.#nameFor(state, secure)));
    const name = names.find((one) => cookieIn(brought, one) !== undefined) ?? "";
    const cookie = cookieIn(brought, name);
    const login = cookie === undefined ? undefined : await this.#seal.open(cookie);
    if (!login || login.state !== state)
      throw new FermataError("UNAUTHENTICATED", "This sign-in was not begun in this browser, or took too long. Begin it again.");
    // What is sealed was made by `begin`.
    const { redirectUri, nonce, codeVerifier } = login as unknown as Omit<Login, "used">;
    return { redirectUri, nonce, codeVerifier, used: `${name}=; ${cookieFlags(0, this.#isSecure(redirectUri))}` };
  }

  /**
   * A name per sign-in, so that two of them in two windows are not in each other's way. With the prefix a browser takes the cookie
   * from this very host alone, and not from a neighbour in the domain; it takes it over https alone.
   */
  async #nameFor(state: string, secure: boolean): Promise<string> {
    return `${secure ? "__Host-" : ""}${this.#prefix}${(await sha256(state)).slice(0, 12)}`;
  }
}

/** What a cookie of a sign-in or session says beside its value. */
export function cookieFlags(seconds: number, secure: boolean): string {
  return `Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure ? "; Secure" : ""}`;
}

const random = (): string => base64url.encode(crypto.getRandomValues(new Uint8Array(32)));

async function sha256(text: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}
