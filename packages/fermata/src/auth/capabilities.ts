/** What a provider may be able to do beside verifying tokens. The server looks for the methods, not for a class. */
import type { ApiKeyFilter } from "../storage/api-keys.ts";
import type { Page } from "../storage/page.ts";
import type { ApiKeyInfo, NewApiKey } from "./new-api-key.ts";
import type { IMastraAuthProvider } from "./provider.ts";

export interface User {
  readonly id: string;
  readonly email?: string;
  readonly name?: string;
  readonly avatarUrl?: string;
}

export interface SSOLoginConfig {
  /** The provider's name, for example `okta`. */
  readonly provider: string;
  /** What stands on the button. */
  readonly text: string;
  readonly icon?: string;
  readonly description?: string;
}

export interface SSOCallbackResult<TUser = unknown> {
  readonly user: TUser;
  readonly tokens: { readonly accessToken: string; readonly refreshToken?: string; readonly idToken?: string; readonly expiresAt?: Date };
  /** `Set-Cookie` values that make the browser stay signed in. */
  readonly cookies?: readonly string[];
}

/** Sign-in at another site, which sends the browser back with a code. */
export interface ISSOProvider<TUser = unknown> {
  getLoginUrl(redirectUri: string, state: string): string | Promise<string>;
  handleCallback(code: string, state: string): Promise<SSOCallbackResult<TUser>>;
  getLoginButtonConfig(): SSOLoginConfig;
  getLogoutUrl?(redirectUri: string, request?: Request): string | null | Promise<string | null>;
  /** `Set-Cookie` values for the way to the other site. Called after `getLoginUrl` with the same values. */
  getLoginCookies?(redirectUri: string, state: string): readonly string[] | undefined;
  /** The browser's cookies on its way back. Called before `handleCallback`, without anything in between. */
  setCallbackCookieHeader?(cookieHeader: string | null): void;
}

export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly expiresAt: Date;
  readonly createdAt: Date;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Sessions in cookies. */
export interface ISessionProvider<TSession extends Session = Session> {
  createSession(userId: string, metadata?: Record<string, unknown>): Promise<TSession>;
  validateSession(sessionId: string): Promise<TSession | null>;
  destroySession(sessionId: string): Promise<void>;
  refreshSession(sessionId: string): Promise<TSession | null>;
  getSessionIdFromRequest(request: Request): string | null;
  /** Headers of the reply that set the session's cookie. */
  getSessionHeaders(session: TSession): Record<string, string>;
  /** Headers of the reply that take it away. */
  getClearSessionHeaders(): Record<string, string>;
}

/** Facts about users. */
export interface IUserProvider<TUser extends User = User> {
  getCurrentUser(request: Request): Promise<TUser | null>;
  getUser(userId: string): Promise<TUser | null>;
  getUsers?(userIds: string[]): Promise<(TUser | null)[]>;
  getUserProfileUrl?(user: TUser): string;
}

export interface CredentialsResult<TUser = unknown> {
  readonly user: TUser;
  readonly token?: string;
  readonly cookies?: readonly string[];
}

/** Sign-in with an address and a password. Rejects when they do not fit. */
export interface ICredentialsProvider<TUser = unknown> {
  signIn(email: string, password: string, request: Request): Promise<CredentialsResult<TUser>>;
  signUp(email: string, password: string, name: string | undefined, request: Request): Promise<CredentialsResult<TUser>>;
  requestPasswordReset?(email: string): Promise<void>;
  resetPassword?(token: string, newPassword: string): Promise<void>;
  /** Default true. */
  isSignUpEnabled?(): boolean;
}

/** Keys for programs. */
export interface IApiKeyProvider {
  create(wanted: NewApiKey): Promise<{ readonly key: string; readonly info: ApiKeyInfo }>;
  list(filter: ApiKeyFilter): Promise<Page<ApiKeyInfo>>;
  get(id: string): Promise<ApiKeyInfo | undefined>;
  revoke(id: string): Promise<boolean>;
}

export const isSSOProvider = (value: unknown): value is ISSOProvider =>
  has(value, ["getLoginUrl", "handleCallback", "getLoginButtonConfig"]);

export const isSessionProvider = (value: unknown): value is ISessionProvider =>
  has(value, ["createSession", "validateSession", "refreshSession", "destroySession", "getSessionIdFromRequest"]);

export const isUserProvider = (value: unknown): value is IUserProvider => has(value, ["getCurrentUser", "getUser"]);

export const isApiKeyProvider = (value: unknown): value is IApiKeyProvider => has(value, ["create", "list", "get", "revoke"]);

export const isCredentialsProvider = (value: unknown): value is ICredentialsProvider => has(value, ["signIn", "signUp"]);

function has(value: unknown, methods: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  return methods.every((name) => name in value && typeof value[name as keyof typeof value] === "function");
}

/** The first of a provider and, where it stands for several, of those, that can do what `can` asks for. */
export function capable<C>(provider: unknown, can: (value: unknown) => value is C): C | undefined {
  if (can(provider)) return provider;
  return membersOf(provider).find((member): member is IMastraAuthProvider & C => can(member));
}

function membersOf(provider: unknown): readonly IMastraAuthProvider[] {
  if (typeof provider !== "object" || provider === null || !("providers" in provider)) return [];
  return Array.isArray(provider.providers) ? (provider.providers as IMastraAuthProvider[]) : [];
}
