/** Several providers as one: who one of them knows is known. */
import { FermataError } from "../errors.ts";
import { MastraAuthProvider, type AuthRequest, type IMastraAuthProvider, type UserClaims } from "./provider.ts";
import { userIdOf } from "./user-id.ts";

/**
 * Asks its providers in their order; the first that knows the token also says what its user may do and owns.
 * A provider that fails to answer does not stand in the way of the next one; when nobody else knows the token, its failure is the answer.
 * Users must be objects.
 */
export class CompositeAuth extends MastraAuthProvider {
  readonly providers: readonly IMastraAuthProvider[];
  /** Who vouched for a user. */
  readonly #voucher = new WeakMap<object, IMastraAuthProvider>();

  constructor(providers: readonly IMastraAuthProvider[]) {
    super({ name: "composite" });
    this.providers = providers;
    const list = (name: "protected" | "public") => providers.flatMap((provider) => provider[name] ?? []);
    this.protected = list("protected");
    this.public = list("public");
    this.apiKeyInQuery = providers.some((provider) => provider.apiKeyInQuery === true);
  }

  async authenticateToken(token: string, request: AuthRequest): Promise<object | null> {
    let unavailable: FermataError | undefined;
    for (const provider of this.providers) {
      try {
        const user = await provider.authenticateToken(token, request);
        if (user === null || user === undefined) continue;
        if (typeof user !== "object") throw new FermataError("MISCONFIGURED", "CompositeAuth: a user must be an object.");
        this.#voucher.set(user, provider);
        return user;
      } catch (error) {
        if (FermataError.is(error) && error.status >= 500) unavailable ??= error;
      }
    }
    // Whoever could not be asked might have known the token: that is the server's trouble and says nothing about the caller.
    if (unavailable) throw unavailable;
    return null;
  }

  async authorizeUser(user: unknown, request: AuthRequest): Promise<boolean> {
    return (await this.#voucherOf(user)?.authorizeUser(user, request)) ?? false;
  }

  /** The owner as the user's own provider says it. */
  override mapUserToResourceId(user: unknown): string | null | undefined {
    const voucher = this.#voucherOf(user);
    return voucher?.mapUserToResourceId ? voucher.mapUserToResourceId(user) : userIdOf(user);
  }

  override mapUserToClaims(user: unknown): UserClaims {
    return this.#voucherOf(user)?.mapUserToClaims?.(user) ?? {};
  }

  #voucherOf(user: unknown): IMastraAuthProvider | undefined {
    return typeof user === "object" && user !== null ? this.#voucher.get(user) : undefined;
  }
}
