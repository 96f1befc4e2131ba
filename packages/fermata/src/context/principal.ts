/** Who a request acts for. Stores are opened for a principal and see only what is its own. */
export interface Principal {
  readonly tenant: string;
  readonly subject: string;
  readonly scopes: readonly string[];
}

/** The principal of a server without authentication: everybody is the same local user. */
export const LOCAL_PRINCIPAL: Principal = { tenant: "local", subject: "local", scopes: ["*"] };
