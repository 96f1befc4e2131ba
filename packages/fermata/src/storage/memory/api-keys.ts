import { FermataError } from "../../errors.ts";
import { assertStorable, type ApiKeyRecord, type ApiKeyStore } from "../api-keys.ts";
import { cleanText } from "../metadata.ts";
import { pageOf, toWindow } from "../page.ts";

const DEFAULT_PER_PAGE = 100;

/** API keys held in the process. They are made by operators, so their number is not bounded. */
export function memoryApiKeys(): ApiKeyStore {
  const rows = new Map<string, ApiKeyRecord>();
  return {
    async add(key) {
      assertStorable(key);
      if (rows.has(key.id)) throw new FermataError("CONFLICT", "There is an API key with this id.");
      rows.set(key.id, { ...structuredClone(key), name: cleanText(key.name) });
    },
    async get(id) {
      return structuredClone(rows.get(id));
    },
    async list({ tenant, subject, ...page } = {}) {
      const window = toWindow(page, DEFAULT_PER_PAGE);
      const found = [...rows.values()]
        .filter((key) => (tenant === undefined || key.tenant === tenant) && (subject === undefined || key.subject === subject))
        .toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
      return structuredClone(pageOf(found, window));
    },
    async revoke(id, at) {
      const key = rows.get(id);
      if (key) rows.set(id, { ...key, revokedAt: key.revokedAt ?? at });
      return key !== undefined;
    },
    async touch(id, at) {
      const key = rows.get(id);
      if (key && (key.lastUsedAt ?? 0) < at) rows.set(id, { ...key, lastUsedAt: at });
    },
    delete: async (id) => rows.delete(id),
  };
}
