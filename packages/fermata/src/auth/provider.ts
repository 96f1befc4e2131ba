/** What the server asks of whoever knows its users. The names are the reference's, so that providers written for it work here. */

type Method = "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "ALL";

/** A path (`*` stands for anything, `:name` for one segment), a path with its methods, or a regular expression. */
export type PathPattern = RegExp | string | readonly [string, Method | readonly Method[]];

/** A web `Request` that also answers like the requests which providers of the reference are written for. */
export type AuthRequest = Request & {
  /** The value of a header, whatever its case; `undefined` when it is not there. */
  header(name: string): string | undefined;
  /** The request itself. */
  readonly raw: Request;
};

/** Who a user is to the server. What is left out has a default; what is said is final. */
export interface UserClaims {
  /** Users of different tenants share nothing. Default: all users are of one tenant. */
  readonly tenant?: string;
  /** The user's own name in the logs and for what is counted. Default: the user's id. */
  readonly subject?: string;
  /** Names of roles: those of `server.rbac` or the default ones. */
  readonly roles?: readonly string[];
  /** What the user may do, as `resource:action`, `resource:<id>:action` or with `*`; `resources:*` reaches everybody's threads and runs. */
  readonly scopes?: readonly string[];
}

/** What all kinds of `server.auth` may say. */
interface AuthSettings<TUser> {
  /** Paths that need a user although their route is public. */
  readonly protected?: readonly PathPattern[] | undefined;
  /** Paths that are open although their route needs a user. */
  readonly public?: readonly PathPattern[] | undefined;
  /** The owner of the user's threads and runs. Default: the user's id. Anything but a non-empty text is a failure. */
  mapUserToResourceId?(user: TUser): string | null | undefined;
  /** The user's tenant, roles and scopes. Without roles and scopes a user may do everything to what is its own. */
  mapUserToClaims?(user: TUser): UserClaims;
  /** Take a token from `?apiKey=` where there is no header. Default false: addresses end up in logs. */
  readonly apiKeyInQuery?: boolean | undefined;
}

export interface MastraAuthProviderOptions<TUser = unknown> extends AuthSettings<TUser> {
  readonly name?: string;
  authorizeUser?(user: TUser, request: AuthRequest): Promise<boolean> | boolean;
}

/** What the server needs of a provider. `MastraAuthProvider` is the class most extend. */
export interface IMastraAuthProvider<TUser = unknown> extends AuthSettings<TUser> {
  readonly name?: string;
  /** The user that the token belongs to; `null` for a token that is not valid. The token is `""` when the request has none. */
  authenticateToken(token: string, request: AuthRequest): Promise<TUser | null>;
  /** Whether the user may make this request. */
  authorizeUser(user: TUser, request: AuthRequest): Promise<boolean> | boolean;
}

/** The base of providers: a name, the settings of all providers, and options that can replace a provider's own methods. */
export abstract class MastraAuthProvider<TUser = unknown> implements IMastraAuthProvider<TUser> {
  name: string;
  protected?: readonly PathPattern[] | undefined;
  public?: readonly PathPattern[] | undefined;
  apiKeyInQuery?: boolean | undefined;

  constructor(options: MastraAuthProviderOptions<TUser> = {}) {
    this.name = options.name ?? "auth";
    this.registerOptions(options);
  }

  abstract authenticateToken(token: string, request: AuthRequest): Promise<TUser | null>;
  abstract authorizeUser(user: TUser, request: AuthRequest): Promise<boolean> | boolean;
  mapUserToResourceId?(user: TUser): string | null | undefined;
  mapUserToClaims?(user: TUser): UserClaims;

  /** Takes over what the options say. A subclass with options of its own calls it after `super()`. */
  protected registerOptions(options: MastraAuthProviderOptions<TUser> = {}): void {
    const { authorizeUser, mapUserToResourceId, mapUserToClaims } = options;
    if (options.protected) this.protected = options.protected;
    if (options.public) this.public = options.public;
    if (options.apiKeyInQuery !== undefined) this.apiKeyInQuery = options.apiKeyInQuery;
    if (authorizeUser) this.authorizeUser = authorizeUser.bind(this);
    if (mapUserToResourceId) this.mapUserToResourceId = mapUserToResourceId.bind(this);
    if (mapUserToClaims) this.mapUserToClaims = mapUserToClaims.bind(this);
  }
}

/** One of `rules`: it grants when its path, method and condition fit. `allow: false` alone refuses nothing. */
export interface AuthRule<TUser = unknown> {
  readonly path?: RegExp | string | readonly string[];
  readonly methods?: Method | readonly Method[];
  condition?(user: TUser): Promise<boolean> | boolean;
  readonly allow?: boolean;
}

/** `server.auth` as a plain object. Of `authorizeUser`, `authorize` and `rules` the first that is there decides. */
export interface MastraAuthConfig<TUser = unknown> extends AuthSettings<TUser> {
  authenticateToken?(token: string, request: AuthRequest): Promise<TUser | null | undefined> | TUser | null | undefined;
  authorizeUser?(user: TUser, request: AuthRequest): Promise<boolean> | boolean;
  authorize?(path: string, method: string, user: TUser, context: unknown): Promise<boolean> | boolean;
  readonly rules?: readonly AuthRule<TUser>[];
}

/** Gives an auth configuration its types. */
export function defineAuth<TUser>(config: MastraAuthConfig<TUser>): MastraAuthConfig<TUser> {
  return config;
}

/** `request` as providers expect it. The same object comes back, so nothing of the body is read or copied. */
export function toAuthRequest(request: Request): AuthRequest {
  if ("raw" in request && "header" in request) return request as AuthRequest;
  const header = (name: string): string | undefined => request.headers.get(name) ?? undefined;
  return Object.defineProperties(request, { raw: { value: request }, header: { value: header } }) as AuthRequest;
}

/** The value of a cookie, decoded; `undefined` when the request does not carry it. */
export function readCookie(request: Request, name: string): string | undefined {
  return cookieIn(request.headers.get("cookie") ?? "", name);
}

/** The same of a `Cookie` header. */
export function cookieIn(header: string, name: string): string | undefined {
  for (const pair of header.split(";")) {
    const at = pair.indexOf("=");
    if (at === -1 || pair.slice(0, at).trim() !== name) continue;
    const value = pair.slice(at + 1).trim();
    try {
      return decodeURIComponent(value);
    } catch {
      return value; // a `%` that encodes nothing
    }
  }
  return undefined;
}
