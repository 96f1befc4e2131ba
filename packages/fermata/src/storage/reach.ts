/** What a principal reaches in a store: always one tenant, and either one resource of it or all of them. */
import type { Principal } from "../context/principal.ts";
import { FermataError } from "../errors.ts";

export interface Reach {
  readonly tenant: string;
  /** Who acts. Idempotency keys belong to it. */
  readonly subject: string;
  /** The only resource within reach; absent when every resource of the tenant is. */
  readonly resourceId?: string;
}

/** The scopes that reach every resource of the tenant. Without one of them a subject reaches the resource of its own name alone. */
const ALL_RESOURCES: readonly string[] = ["*", "resources:*"];

export function reachOf({ tenant, subject, scopes, resourceId }: Principal): Reach {
  if (resourceId !== undefined) return { tenant, subject, resourceId };
  const all = scopes.some((scope) => ALL_RESOURCES.includes(scope));
  return all ? { tenant, subject } : { tenant, subject, resourceId: subject };
}

/** The reach without any resource but this one. @throws FermataError `FORBIDDEN` when it is not within reach. */
export function narrowed(reach: Reach, resourceId: string): Reach {
  return { tenant: reach.tenant, subject: reach.subject, resourceId: ownerOf(reach, resourceId) };
}

/**
 * The resource that something new belongs to. Where no resource is named and the whole tenant is within reach, it belongs to the
 * resource `""`, which stands for none.
 * @throws FermataError `FORBIDDEN` when the named resource is not within reach.
 */
export function ownerOf(reach: Reach, resourceId: string | undefined): string {
  if (reach.resourceId === undefined) return resourceId ?? "";
  if (resourceId !== undefined && resourceId !== reach.resourceId) {
    throw new FermataError("FORBIDDEN", "Access denied: the resource belongs to somebody else.");
  }
  return reach.resourceId;
}
