/** Users of Firebase Authentication. */
import { readFileSync } from "node:fs";
import { importPKCS8, SignJWT } from "jose";
import { FermataError } from "../errors.ts";
import type { AuthRequest } from "./provider.ts";
import { fetchJson, type Fetch } from "./tokens/fetch-json.ts";
import { Lookup } from "./tokens/lookup.ts";
import { setting } from "./tokens/settings.ts";
import { keysAt, TokenProvider, type TokenProviderOptions } from "./tokens/token-provider.ts";
import type { Claims } from "./tokens/verifier.ts";

export type FirebaseUser = Claims & { readonly uid: string };

export interface MastraAuthFirebaseOptions extends TokenProviderOptions<FirebaseUser> {
  /** The service account's key: its JSON, or the path of the file that has it. Default: `FIREBASE_SERVICE_ACCOUNT`. */
  readonly serviceAccount?: string | undefined;
  /** Default: the service account's project, `FIREBASE_PROJECT_ID`, `GOOGLE_CLOUD_PROJECT`. */
  readonly projectId?: string | undefined;
  /** The Firestore database with the collection `user_access`. Default: `FIRESTORE_DATABASE_ID`, `FIREBASE_DATABASE_ID`, `(default)`. */
  readonly databaseId?: string | undefined;
}

interface ServiceAccount {
  readonly project_id?: string;
  readonly client_email: string;
  readonly private_key: string;
}

const KEYS = "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com";
const TOKENS = "https://oauth2.googleapis.com/token";
const FIRESTORE = "https://firestore.googleapis.com/v1";
const REMEMBERED_MS = 60_000;

/**
 * The user is what the ID token says, with its subject as `uid`. Without `authorizeUser` only users are let in who have a
 * document `user_access/<uid>` in Firestore, as in the reference; reading it takes a service account.
 */
export class MastraAuthFirebase extends TokenProvider<FirebaseUser> {
  readonly #access: Lookup<boolean>;

  /** @throws FermataError `MISCONFIGURED` without a project, or with neither a service account nor `authorizeUser`. */
  constructor(options: MastraAuthFirebaseOptions = {}) {
    const account = serviceAccountOf(setting(options.serviceAccount, "FIREBASE_SERVICE_ACCOUNT"));
    const projectId = setting(options.projectId ?? account?.project_id, "FIREBASE_PROJECT_ID", "GOOGLE_CLOUD_PROJECT");
    if (projectId === undefined)
      throw new FermataError("MISCONFIGURED", "Firebase: give projectId or a service account, or set FIREBASE_PROJECT_ID.");
    super(options, {
      name: "firebase",
      keys: keysAt(KEYS, options.fetch),
      algorithms: ["RS256"],
      issuer: `https://securetoken.google.com/${projectId}`,
      audience: projectId,
      requiredClaims: ["exp", "iat", "sub"],
      toUser: ({ sub, ...claims }) => (typeof sub === "string" && sub !== "" ? { ...claims, sub, uid: sub } : undefined),
    });
    if (!account && !options.authorizeUser)
      throw new FermataError("MISCONFIGURED", "Firebase: give serviceAccount or set FIREBASE_SERVICE_ACCOUNT; or give authorizeUser.");
    const databaseId = setting(options.databaseId, "FIRESTORE_DATABASE_ID", "FIREBASE_DATABASE_ID") ?? "(default)";
    const documents = `${FIRESTORE}/projects/${projectId}/databases/${databaseId}/documents/user_access`;
    const firestore = account && new Firestore(account, options.fetch);
    this.#access = new Lookup(
      1_000,
      REMEMBERED_MS,
      async (uid) => (await firestore?.has(`${documents}/${encodeURIComponent(uid)}`)) ?? false,
    );
  }

  override authorizeUser(user: FirebaseUser, _request: AuthRequest): Promise<boolean> | boolean {
    return this.#access.get(user.uid);
  }
}

export { MastraAuthFirebase as Firebase };

function serviceAccountOf(text: string | undefined): ServiceAccount | undefined {
  if (text === undefined) return undefined;
  try {
    const json = text.trimStart().startsWith("{") ? text : readFileSync(text, "utf8");
    const account: unknown = JSON.parse(json);
    if (isServiceAccount(account)) return account;
  } catch {
    // Said below: what is wrong inside may be secret.
  }
  throw new FermataError("MISCONFIGURED", "Firebase: the service account is neither its JSON nor the path of a readable file with it.");
}

function isServiceAccount(value: unknown): value is ServiceAccount {
  return (
    typeof value === "object" &&
    value !== null &&
    "client_email" in value &&
    typeof value.client_email === "string" &&
    "private_key" in value &&
    typeof value.private_key === "string"
  );
}

/** Firestore for a service account. */
class Firestore {
  readonly #account: ServiceAccount;
  readonly #fetch: Fetch | undefined;
  /** Google's tokens are valid for an hour. */
  readonly #token = new Lookup<string>(1, 3_000_000, () => this.#signIn());

  constructor(account: ServiceAccount, fetch: Fetch | undefined) {
    this.#account = account;
    this.#fetch = fetch;
  }

  async has(document: string): Promise<boolean> {
    const headers = { authorization: `Bearer ${await this.#token.get("token")}` };
    const { status } = await fetchJson(document, { fetch: this.#fetch, init: { headers } });
    if (status === 200) return true;
    if (status === 404) return false;
    throw unavailable(new Error(`Firestore answers with status ${status}.`));
  }

  async #signIn(): Promise<string> {
    const { client_email, private_key } = this.#account;
    const assertion = await new SignJWT({ scope: "https://www.googleapis.com/auth/datastore" })
      .setProtectedHeader({ alg: "RS256", typ: "JWT" })
      .setIssuer(client_email)
      .setAudience(TOKENS)
      .setIssuedAt()
      .setExpirationTime("1h")
      .sign(await importPKCS8(private_key, "RS256"));
    const body = new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
    const reply = await fetchJson(TOKENS, { fetch: this.#fetch, init: { method: "POST", body } });
    const token =
      typeof reply.body === "object" && reply.body !== null && "access_token" in reply.body ? reply.body.access_token : undefined;
    if (reply.status !== 200 || typeof token !== "string")
      throw unavailable(new Error(`Google answers with status ${reply.status} to the service account.`));
    return token;
  }
}

const unavailable = (cause: Error): FermataError =>
  new FermataError("UNAVAILABLE", "The sign-in service cannot be reached. Try again.", { cause });
