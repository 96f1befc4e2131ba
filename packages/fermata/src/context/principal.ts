/** Who a request acts for. Stores are opened for a principal and see only what is its own. */
export interface Principal {
  readonly tenant: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  /** Names of the roles that the scopes come from, where they do. */
  readonly roles?: readonly string[];
  /** The only owner of threads and runs within reach. Default: the subject, or all owners with the scope `*` or `resources:*`. */
  readonly resourceId?: string;
}

/** The principal of a server without authentication: everybody is the same local user. */
export const LOCAL_PRINCIPAL: Principal = { tenant: "local", subject: "local", scopes: ["*"] };
