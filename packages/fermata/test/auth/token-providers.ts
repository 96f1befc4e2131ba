/** Every provider of signed tokens, set up as in its own documentation, with keys that come from an issuer of the test. */
import type { JWTPayload } from "jose";
import { MastraAuthAuth0 } from "../../src/auth/auth0.ts";
import { MastraAuthClerk } from "../../src/auth/clerk.ts";
import { MastraAuthFirebase } from "../../src/auth/firebase.ts";
import { JwtAuth } from "../../src/auth/jwt.ts";
import { MastraAuthOidc } from "../../src/auth/oidc.ts";
import { MastraAuthOkta } from "../../src/auth/okta.ts";
import type { IMastraAuthProvider } from "../../src/auth/provider.ts";
import { MastraAuthSupabase } from "../../src/auth/supabase.ts";
import type { TokenProviderOptions } from "../../src/auth/tokens/token-provider.ts";
import { MastraAuthWorkos } from "../../src/auth/workos.ts";
import type { TokenIssuer } from "../support/token-issuer.ts";

type Common = Pick<TokenProviderOptions, "isRevoked" | "cacheSeconds">;

export interface TokenCase {
  readonly name: string;
  /** Where the provider's keys are in the world. */
  readonly keysUrl: string;
  create(issuer: TokenIssuer, options?: Common): IMastraAuthProvider;
  /** What the provider's tokens say, beside their times. */
  readonly claims: JWTPayload;
  /** Tokens say whom they are for. */
  readonly checksAudience: boolean;
  /** Tokens without a subject are refused. */
  readonly needsSubject: boolean;
}

/** `fetch` for a provider whose keys are found by discovery. */
function fetchWithDiscovery(issuer: TokenIssuer, origin: string): NonNullable<TokenProviderOptions["fetch"]> {
  const keys = issuer.fetchFor(`${origin}/v1/keys`);
  return async (url, init) =>
    url === `${origin}/.well-known/openid-configuration`
      ? Response.json({ issuer: origin, jwks_uri: `${origin}/v1/keys` })
      : keys(url, init);
}

const anybody = { authorizeUser: () => true };

export const TOKEN_CASES: readonly TokenCase[] = [
  {
    name: "JwtAuth with published keys",
    keysUrl: "https://id.example.com/keys",
    create: (issuer, options) =>
      new JwtAuth({
        ...options,
        jwksUri: "https://id.example.com/keys",
        issuer: "https://id.example.com",
        audience: "my-app",
        fetch: issuer.fetchFor("https://id.example.com/keys"),
      }),
    claims: { iss: "https://id.example.com", aud: "my-app", sub: "ada" },
    checksAudience: true,
    needsSubject: false,
  },
  {
    name: "Auth0",
    keysUrl: "https://tenant.eu.auth0.com/.well-known/jwks.json",
    create: (issuer, options) =>
      new MastraAuthAuth0({
        ...options,
        domain: "tenant.eu.auth0.com",
        audience: "https://api.example.com",
        fetch: issuer.fetchFor("https://tenant.eu.auth0.com/.well-known/jwks.json"),
      }),
    claims: {
      iss: "https://tenant.eu.auth0.com/",
      aud: ["https://api.example.com", "https://tenant.eu.auth0.com/userinfo"],
      sub: "auth0|ada",
    },
    checksAudience: true,
    needsSubject: true,
  },
  {
    name: "Clerk",
    keysUrl: "https://clerk.example.com/.well-known/jwks.json",
    create: (issuer, options) =>
      new MastraAuthClerk({
        ...options,
        publishableKey: `pk_live_${btoa("clerk.example.com$")}`,
        fetch: issuer.fetchFor("https://clerk.example.com/.well-known/jwks.json"),
      }),
    claims: { iss: "https://clerk.example.com", azp: "https://app.example.com", sid: "sess_1", sub: "user_ada" },
    checksAudience: false,
    needsSubject: true,
  },
  {
    name: "Supabase",
    keysUrl: "https://project.supabase.co/auth/v1/.well-known/jwks.json",
    create: (issuer, options) =>
      new MastraAuthSupabase({
        ...options,
        ...anybody,
        url: "https://project.supabase.co",
        fetch: issuer.fetchFor("https://project.supabase.co/auth/v1/.well-known/jwks.json"),
      }),
    claims: { iss: "https://project.supabase.co/auth/v1", aud: "authenticated", role: "authenticated", sub: "7f4e" },
    checksAudience: true,
    needsSubject: true,
  },
  {
    name: "Firebase",
    keysUrl: "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
    create: (issuer, options) =>
      new MastraAuthFirebase({
        ...options,
        ...anybody,
        projectId: "my-project",
        fetch: issuer.fetchFor("https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"),
      }),
    claims: { iss: "https://securetoken.google.com/my-project", aud: "my-project", sub: "ada" },
    checksAudience: true,
    needsSubject: true,
  },
  {
    name: "WorkOS",
    keysUrl: "https://api.workos.com/sso/jwks/client_1",
    create: (issuer, options) =>
      new MastraAuthWorkos({
        ...options,
        clientId: "client_1",
        fetch: issuer.fetchFor("https://api.workos.com/sso/jwks/client_1"),
      }),
    claims: { iss: "https://api.workos.com", sub: "user_ada", sid: "session_1", org_id: "org_1", role: "member" },
    checksAudience: false,
    needsSubject: true,
  },
  {
    name: "Okta",
    keysUrl: "https://dev-1.okta.com/oauth2/default/v1/keys",
    create: (issuer, options) =>
      new MastraAuthOkta({
        ...options,
        domain: "dev-1.okta.com",
        clientId: "client-1",
        audience: "api://default",
        fetch: fetchWithDiscovery(issuer, "https://dev-1.okta.com/oauth2/default"),
      }),
    claims: { iss: "https://dev-1.okta.com/oauth2/default", aud: "api://default", cid: "client-1", uid: "00u1", sub: "ada@example.com" },
    checksAudience: true,
    needsSubject: true,
  },
  {
    name: "any OpenID provider",
    keysUrl: "https://id.example.com/realms/acme/v1/keys",
    create: (issuer, options) =>
      new MastraAuthOidc({
        ...options,
        issuer: "https://id.example.com/realms/acme",
        clientId: "client-1",
        fetch: fetchWithDiscovery(issuer, "https://id.example.com/realms/acme"),
      }),
    claims: { iss: "https://id.example.com/realms/acme", aud: "client-1", sub: "ada" },
    checksAudience: true,
    needsSubject: true,
  },
];
