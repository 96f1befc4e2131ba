/** From a request to whom it acts for. */
import { USER_SCOPES } from "../../auth/permissions.ts";
import { capable, isSessionProvider } from "../../auth/capabilities.ts";
import { toAuthentication, type Authentication } from "../../auth/config.ts";
import { toAuthRequest } from "../../auth/provider.ts";
import { rolePermissions, type IRBACProvider } from "../../auth/rbac.ts";
import { userIdOf } from "../../auth/user-id.ts";
import { LOCAL_PRINCIPAL, type Principal } from "../../context/principal.ts";
import { MASTRA_AUTH_TOKEN_KEY, MASTRA_RESOURCE_ID_KEY, type RequestContext } from "../../context/request-context.ts";
import { FermataError } from "../../errors.ts";
import type { Mastra } from "../../mastra.ts";
import { reachOf } from "../../storage/reach.ts";
import { cookiesIn, homeOf, secured, withCookies } from "./cookies.ts";
import { unmappable } from "./refusals.ts";
import { tokenOf } from "./token.ts";

/** A caller that is known. */
export interface Identity {
  /** As the provider gives it. */
  readonly user: unknown;
  readonly token: string;
  /** `Set-Cookie` values that the reply has to carry, of a session that was renewed on the way. */
  readonly cookies: readonly string[];
}

/** The scope that reaches the threads and runs of all users of the tenant. */
const EVERYBODYS = "resources:*";

export class Authenticator {
  readonly authentication: Authentication;
  readonly rbac: IRBACProvider | undefined;
  readonly #mastra: Mastra;
  readonly #identities = new WeakMap<Request, Promise<Identity | undefined>>();

  constructor(authentication: Authentication, mastra: Mastra) {
    this.authentication = authentication;
    this.rbac = mastra.getServer().rbac;
    this.#mastra = mastra;
  }

  /** `undefined` for a server that knows nobody. @throws FermataError `MISCONFIGURED` */
  static of(mastra: Mastra): Authenticator | undefined {
    const { auth, rbac } = mastra.getServer();
    if (auth) return new Authenticator(toAuthentication(auth), mastra);
    if (rbac) throw new FermataError("MISCONFIGURED", "server.rbac needs server.auth: without it nobody has roles.");
    return undefined;
  }

  /**
   * Who calls; `undefined` for nobody, or for a token that is not valid. The provider is asked once per request.
   * @throws FermataError what a provider throws of that kind, for example `UNAVAILABLE` when it cannot tell.
   */
  identify(request: Request): Promise<Identity | undefined> {
    const known = this.#identities.get(request);
    if (known) return known;
    const found = this.#identify(request);
    this.#identities.set(request, found);
    return found;
  }

  async #identify(request: Request): Promise<Identity | undefined> {
    const token = tokenOf(request, this.authentication.apiKeyInQuery === true);
    const user = await this.userOf(token, request);
    if (user !== undefined) return { user, token, cookies: [] };
    return this.#renewed(request);
  }

  /** The user that the provider knows by the token, or by the request itself. */
  async userOf(token: string, request: Request): Promise<unknown> {
    try {
      return (await this.authentication.authenticateToken(token, toAuthRequest(request))) ?? undefined;
    } catch (error) {
      if (FermataError.is(error) && error.status >= 500) throw error;
      return undefined; // a token that cannot be read is not valid
    }
  }

  /** A session whose time was up and that the provider renews. */
  async #renewed(request: Request): Promise<Identity | undefined> {
    const sessions = request.headers.has("cookie") ? capable(this.authentication, isSessionProvider) : undefined;
    const id = sessions?.getSessionIdFromRequest(request);
    const session = typeof id === "string" && id !== "" ? await sessions?.refreshSession(id).catch(() => null) : undefined;
    if (!sessions || !session) return undefined;
    const home = homeOf(this.#mastra, request);
    const cookies = cookiesIn(sessions.getSessionHeaders(session)).map((cookie) => secured(cookie, home));
    const headers = new Headers(request.headers);
    headers.set("cookie", withCookies(headers.get("cookie") ?? "", cookies));
    const again = new Request(request.url, { method: request.method, headers, signal: request.signal });
    const user = await this.userOf(tokenOf(again, false), again);
    return user === undefined ? undefined : { user, token: "", cookies };
  }

  /** Whom a user acts for. @throws FermataError `INTERNAL` when it is not clear what the user owns. */
  async principalOf(user: unknown): Promise<Principal> {
    const { tenant = LOCAL_PRINCIPAL.tenant, roles: claimedRoles, scopes: claimedScopes, ...claims } = this.#claims(user);
    const roles = [...(claimedRoles ?? []), ...(this.rbac ? await this.rbac.getRoles(user) : [])];
    const isTold = this.rbac !== undefined || claimedRoles !== undefined || claimedScopes !== undefined;
    const scopes = isTold ? await this.#scopes(user, claimedRoles ?? [], claimedScopes ?? []) : USER_SCOPES;
    const reachesAll = scopes.includes(EVERYBODYS);
    const resourceId = reachesAll ? undefined : this.#ownerOf(user);
    const subject = claims.subject ?? userIdOf(user) ?? resourceId;
    if (subject === undefined) throw unmappable(new Error("The user has no id."));
    return { tenant, subject, scopes, ...(roles.length > 0 && { roles }), ...(resourceId !== undefined && { resourceId }) };
  }

  #claims(user: unknown): ReturnType<NonNullable<Authentication["mapUserToClaims"]>> {
    try {
      return this.authentication.mapUserToClaims?.(user) ?? {};
    } catch (error) {
      throw unmappable(error);
    }
  }

  /** What a role may do. */
  async scopesOf(role: string): Promise<readonly string[]> {
    return (await this.rbac?.getPermissionsForRole?.(role)) ?? rolePermissions(role);
  }

  async #scopes(user: unknown, roles: readonly string[], scopes: readonly string[]): Promise<readonly string[]> {
    const { rbac } = this;
    const ofRoles = await Promise.all(roles.map((role) => this.scopesOf(role)));
    return [...new Set([...scopes, ...ofRoles.flat(), ...(rbac ? await rbac.getPermissions(user) : [])])];
  }

  /** The owner of the user's threads and runs: what the mapping says, and without a mapping the user's id. */
  #ownerOf(user: unknown): string {
    let owner: unknown;
    try {
      owner = this.authentication.mapUserToResourceId ? this.authentication.mapUserToResourceId(user) : userIdOf(user);
    } catch (error) {
      throw unmappable(error);
    }
    if (typeof owner === "string" && owner.trim() !== "") return owner;
    throw unmappable(new Error("The user has no id: give server.auth a mapUserToResourceId."));
  }
}

/** Tells the context who calls: all that the reference's tools and agents look for in it. */
export function introduce(context: RequestContext, { user, token }: Identity, principal: Principal): void {
  context.setRaw("mastra__user", user);
  context.setRaw("user", user);
  context.setRaw(MASTRA_AUTH_TOKEN_KEY, token);
  context.setRaw("mastra__authMode", "server");
  context.setRaw("mastra__userRoles", principal.roles ?? []);
  context.setRaw("mastra__userPermissions", principal.scopes);
  actFor(context, principal);
}

/** Who reaches one resource alone acts for it, whatever the request says. */
export function actFor(context: RequestContext, principal: Principal): void {
  context.actFor(principal);
  const { resourceId } = reachOf(principal);
  if (resourceId !== undefined) context.setRaw(MASTRA_RESOURCE_ID_KEY, resourceId);
}
