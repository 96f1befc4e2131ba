/** Somebody who issues signed tokens: real keys, a real server for the public ones, and whatever can go wrong with both. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type JWK, type JWTPayload } from "jose";

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

const made = new Map<string, Promise<SigningKey>>();

/** A key. Making one takes long, so the same `seed`, name and algorithm give the same key again. */
export function createKey(kid: string, alg = "RS256", seed = "issuer"): Promise<SigningKey> {
  const name = `${seed} ${kid} ${alg}`;
  const key = made.get(name) ?? makeKey(kid, alg);
  made.set(name, key);
  return key;
}

async function makeKey(kid: string, alg: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

/** A token with exactly these claims. */
export const signWith = (key: SigningKey, claims: JWTPayload): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.kid, typ: "JWT" }).sign(key.privateKey);

export const signWithSecret = (secret: string, claims: JWTPayload, alg = "HS256"): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg, typ: "JWT" }).sign(new TextEncoder().encode(secret));

const toText = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token that says it needs no signature. */
export const unsigned = (claims: JWTPayload, alg = "none"): string => `${toText({ alg, typ: "JWT" })}.${toText(claims)}.`;

/** A token signed with the issuer's *public* key as if it were a secret: what a verifier takes that lets the token choose. */
export async function signedWithPublicKey(key: SigningKey, claims: JWTPayload): Promise<string> {
  const secret = new TextEncoder().encode(await exportSPKI(key.publicKey));
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: key.kid }).sign(secret);
}

/** How the issuer's server answers. */
export type Mood = "well" | "error" | "silent" | "garbage" | "huge" | "redirect";

export class TokenIssuer implements AsyncDisposable {
  /** The key that signs now. */
  key: SigningKey;
  /** What the server publishes. */
  published: readonly JWK[];
  mood: Mood = "well";
  /** How often somebody asked for the keys. */
  requests = 0;
  readonly #server;

  private constructor(key: SigningKey) {
    this.key = key;
    this.published = [key.jwk];
    this.#server = createServer((request, response) => this.answer(request, response));
  }

  static async start(alg = "RS256"): Promise<TokenIssuer> {
    const issuer = new TokenIssuer(await createKey("key-1", alg));
    issuer.#server.listen(0, "127.0.0.1");
    await once(issuer.#server, "listening");
    return issuer;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`; // it listens on TCP
  }

  get keysUrl(): string {
    return `${this.origin}/keys`;
  }

  sign(claims: JWTPayload): Promise<string> {
    return signWith(this.key, claims);
  }

  /** A new key signs from now on. The old one stays published until `withdraw`. */
  async rotate(): Promise<void> {
    this.key = await createKey(`key-${this.published.length + 1}`, this.key.alg);
    this.published = [...this.published, this.key.jwk];
  }

  /** Nothing but the newest key is published. */
  withdraw(): void {
    this.published = [this.key.jwk];
  }

  /** `fetch` for a provider whose keys are at `url` in the world, and here in the test. */
  fetchFor(url: string): (asked: string, init: RequestInit) => Promise<Response> {
    return (asked, init) => {
      if (asked !== url) throw new Error(`asked for ${asked}`);
      return fetch(this.keysUrl, init);
    };
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests += 1;
    const { mood } = this;
    if (mood === "silent") return;
    if (mood === "error") return void response.writeHead(500).end("no");
    if (mood === "garbage") return void response.writeHead(200).end("<html>");
    // The keys are there, but nobody said that they may be.
    if (mood === "redirect" && request.url !== "/elsewhere") return void response.writeHead(302, { location: "/elsewhere" }).end();
    const keys = mood === "huge" ? Array.from({ length: 5_000 }, () => this.key.jwk) : this.published;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
