/** Who the suites act for. Every call makes a tenant of its own, so tests that share a store do not see each other. */
import { randomUUID } from "node:crypto";
import type { Principal } from "../../src/context/principal.ts";

export interface Tenant {
  /** Reaches every resource of the tenant, as everybody does on a server without authentication. */
  readonly everybody: Principal;
  readonly anna: Principal;
  readonly bert: Principal;
}

export function newTenant(): Tenant {
  const tenant = randomUUID();
  return {
    everybody: { tenant, subject: "local", scopes: ["*"] },
    anna: { tenant, subject: "anna", scopes: [] },
    bert: { tenant, subject: "bert", scopes: ["agents:run"] },
  };
}
