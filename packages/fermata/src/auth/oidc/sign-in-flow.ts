/** What a sign-in needs of the service where users sign in. */

export interface LoginRequest {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeChallenge: string;
}

export interface CodeRequest {
  readonly code: string;
  readonly redirectUri: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** A user who has signed in. */
export interface SignedIn<TUser> {
  /** Who it is at the service. */
  readonly subject: string;
  readonly user: TUser;
  readonly accessToken: string;
  readonly refreshToken?: string | undefined;
  readonly idToken?: string | undefined;
  /** How long the service vouches for the user without being asked again. */
  readonly validSeconds?: number | undefined;
}

export interface SignInFlow<TUser> {
  /** Where the browser is sent. */
  loginUrl(request: LoginRequest): Promise<string>;
  /** Who came back. @throws FermataError `UNAUTHENTICATED` for a code that is not good, `UNAVAILABLE` */
  signIn(request: CodeRequest): Promise<SignedIn<TUser>>;
  /** The same user for some more time; `null` when the service says no. @throws FermataError `UNAVAILABLE` */
  renew(refreshToken: string, subject: string): Promise<SignedIn<TUser> | null>;
  /** Tells the service that a session has ended. Never rejects. */
  revoke?(refreshToken: string): Promise<void>;
  /** Where the browser is sent to sign out there, too; `null` for nowhere. */
  logoutUrl?(idToken: string | undefined, returnTo: string): Promise<string | null>;
}
