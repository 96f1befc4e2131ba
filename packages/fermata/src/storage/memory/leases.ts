import { assertId } from "../ids.ts";
import type { LeaseStore } from "../leases.ts";
import type { Reach } from "../reach.ts";

/** Leases held in the process, for any reach. Their number is bounded by that of the holders, since expired ones are forgotten. */
export function memoryLeases(): (reach: Reach) => LeaseStore {
  const rows = new Map<string, { readonly holder: string; readonly expiresAt: number }>();
  let forgetAt = 1_000;

  function forgetExpired(): void {
    if (rows.size < forgetAt) return;
    const now = Date.now();
    for (const [name, { expiresAt }] of rows) if (expiresAt <= now) rows.delete(name);
    forgetAt = Math.max(1_000, rows.size * 2);
  }

  return ({ tenant, resourceId = "" }) => {
    const key = (name: string): string => `${tenant}\0${resourceId}\0${name}`;
    return {
      async acquire(name, holder, ttlMs) {
        assertId(name, "lease's name");
        assertId(holder, "lease's holder");
        const now = Date.now();
        const known = rows.get(key(name));
        if (known && known.holder !== holder && known.expiresAt > now) return { acquired: false, holder: known.holder };
        rows.set(key(name), { holder, expiresAt: now + ttlMs });
        forgetExpired();
        return { acquired: true, holder };
      },
      async renew(name, holder, ttlMs) {
        if (rows.get(key(name))?.holder !== holder) return false;
        rows.set(key(name), { holder, expiresAt: Date.now() + ttlMs });
        return true;
      },
      async release(name, holder) {
        if (rows.get(key(name))?.holder === holder) rows.delete(key(name));
      },
    };
  };
}
