/** Users of WorkOS AuthKit. */
import { FermataError } from "../errors.ts";
import { requiredSetting, secureUrl } from "./tokens/settings.ts";
import { keysAt, textOf, textsOf, TokenProvider, type TokenProviderOptions } from "./tokens/token-provider.ts";
import type { Claims } from "./tokens/verifier.ts";

export interface WorkOSUser {
  readonly id: string;
  readonly workosId: string;
  readonly email?: string;
  readonly name?: string;
  readonly organizationId?: string;
  readonly organizationMembershipId?: string;
  readonly role?: string;
  readonly roles?: readonly string[];
  readonly permissions?: readonly string[];
  readonly sessionId?: string;
}

/** Where the claims of a custom JWT template are, as names or paths with dots. */
export interface WorkOSJwtClaims {
  /** Default `sub`. */
  readonly userId?: string;
  /** Default: the user's id. */
  readonly workosId?: string;
  readonly email?: string;
  readonly name?: string;
  /** Default `org_id`. */
  readonly organizationId?: string;
  readonly organizationMembershipId?: string;
}

export interface MastraAuthWorkosOptions extends TokenProviderOptions<WorkOSUser> {
  /** Default: `WORKOS_CLIENT_ID`. */
  readonly clientId?: string | undefined;
  /** The address of one's own that tokens are issued under, where there is one. */
  readonly issuer?: string | readonly string[] | undefined;
  readonly jwtClaims?: WorkOSJwtClaims | undefined;
  /** Let in tokens of machines, too: those whose user is none of WorkOS. Default false. */
  readonly trustJwtClaims?: boolean | undefined;
  /** Changes the user that the claims give; null refuses the token. */
  mapJwtPayloadToUser?(payload: Claims): Partial<WorkOSUser> | null | undefined;
  /** Memberships stand in the token here: with `true` the provider cannot be made. */
  readonly fetchMemberships?: false | undefined;
}

const ORIGIN = "https://api.workos.com";

/** The user is what the access token says; nothing is asked of WorkOS but its keys. */
export class MastraAuthWorkos extends TokenProvider<WorkOSUser> {
  /** @throws FermataError `MISCONFIGURED` without a client id, or when memberships shall be fetched. */
  constructor(options: MastraAuthWorkosOptions = {}) {
    const clientId = requiredSetting(options.clientId, "WorkOS's clientId", "WORKOS_CLIENT_ID");
    if ((options.fetchMemberships as boolean | undefined) === true)
      throw new FermataError("MISCONFIGURED", "WorkOS: fetchMemberships is not supported. The token says the organization and the role.");
    const { issuer } = options;
    super(options, {
      name: "workos",
      keys: keysAt(`${ORIGIN}/sso/jwks/${encodeURIComponent(clientId)}`, options.fetch),
      // The keys are the client's own. The issuer has been written in each of these ways.
      issuer: issuer ?? [ORIGIN, `${ORIGIN}/`, `${ORIGIN}/user_management/${clientId}`],
      toUser: (claims) => toUser(claims, options),
    });
    for (const url of [issuer ?? []].flat()) secureUrl(url, "WorkOS's issuer");
  }
}

export { MastraAuthWorkos as WorkOS, MastraAuthWorkos as MastraAuthWorkOS };

function toUser(claims: Claims, options: MastraAuthWorkosOptions): WorkOSUser | undefined {
  const { jwtClaims = {}, mapJwtPayloadToUser, trustJwtClaims = false } = options;
  const id = textAt(claims, jwtClaims.userId ?? "sub");
  if (!trustJwtClaims && claims.sub?.startsWith("user_") !== true) return undefined;
  const changes = mapJwtPayloadToUser?.(claims);
  const userId = changes?.id ?? id;
  if (changes === null || userId === undefined) return undefined;
  const workosId = jwtClaims.workosId === undefined ? id : textAt(claims, jwtClaims.workosId);
  const found: Readonly<Record<string, string | readonly string[] | undefined>> = {
    email: textAt(claims, jwtClaims.email ?? "email"),
    name: textAt(claims, jwtClaims.name ?? "name"),
    organizationId: textAt(claims, jwtClaims.organizationId ?? "org_id"),
    organizationMembershipId: jwtClaims.organizationMembershipId && textAt(claims, jwtClaims.organizationMembershipId),
    role: textOf(claims.role),
    roles: textsOf(claims.roles),
    permissions: textsOf(claims.permissions),
    sessionId: textOf(claims.sid),
  };
  const known = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  return { ...known, ...changes, id: userId, workosId: changes?.workosId ?? workosId ?? userId };
}

/** The text at a path with dots. A claim whose own name has dots comes first. */
function textAt(claims: Claims, path: string): string | undefined {
  const own = textOf(claims[path]);
  if (own !== undefined) return own;
  let value: unknown = claims;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name]; // any object can be read as a record
  }
  return textOf(value);
}
