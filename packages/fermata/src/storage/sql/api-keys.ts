import { FermataError } from "../../errors.ts";
import { assertStorable, type ApiKeyFilter, type ApiKeyRecord, type ApiKeyStore } from "../api-keys.ts";
import { cleanText } from "../metadata.ts";
import { toPage, toWindow, type Page } from "../page.ts";
import { one } from "./database.ts";
import type { Row, SqlDatabase, SqlValue, Work } from "./database.ts";
import { json, number, optionalNumber, text, toJson } from "./row.ts";

const COLUMNS = "id, hash, name, tenant, subject, roles, scopes, created_at, expires_at, revoked_at, last_used_at";
const DEFAULT_PER_PAGE = 100;

/** The API keys of a database. */
export function sqlApiKeys(db: SqlDatabase): ApiKeyStore {
  const table = db.dialect.table("api_keys");
  const sql = {
    add: `insert into ${table} (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (id) do nothing returning id`,
    get: `select ${COLUMNS} from ${table} where id = $1`,
    revoke: `update ${table} set revoked_at = coalesce(revoked_at, $2) where id = $1`,
    touch: `update ${table} set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at < $2)`,
    delete: `delete from ${table} where id = $1`,
  };

  function* list({ tenant, subject, ...page }: ApiKeyFilter): Work<Page<ApiKeyRecord>> {
    const window = toWindow(page, DEFAULT_PER_PAGE);
    const values: SqlValue[] = [];
    const is = (column: string, value: string | undefined): string[] => (value === undefined ? [] : [`${column} = $${values.push(value)}`]);
    const conditions = [...is("tenant", tenant), ...is("subject", subject)];
    const from = `from ${table} ${conditions.length > 0 ? `where ${conditions.join(" and ")}` : ""}`;
    const [counted] = (yield { text: `select count(*) as total ${from}`, values: [...values] }).rows;
    const limit = window.limit === undefined ? "" : `limit $${values.push(window.limit)} offset $${values.push(window.offset)}`;
    const { rows } = yield { text: `select ${COLUMNS} ${from} order by created_at desc, id desc ${limit}`, values };
    return toPage(rows.map(toRecord), counted ? number(counted, "total") : 0, window);
  }

  return {
    async add(key) {
      const { id, hash, name, tenant, subject, roles, scopes, createdAt, expiresAt, revokedAt, lastUsedAt } = key;
      assertStorable(key);
      const owner = [id, hash, cleanText(name), tenant, subject, toJson(roles), toJson(scopes)];
      const times = [createdAt, expiresAt ?? null, revokedAt ?? null, lastUsedAt ?? null];
      const { rows } = await db.write(() => one({ text: sql.add, values: [...owner, ...times] }));
      if (rows.length === 0) throw new FermataError("CONFLICT", "There is an API key with this id.");
    },
    async get(id) {
      const [row] = (await db.read(() => one({ text: sql.get, values: [id] }))).rows;
      return row && toRecord(row);
    },
    list: async (filter = {}) => db.read(() => list(filter)),
    revoke: async (id, at) => (await db.writeAlone(() => one({ text: sql.revoke, values: [id, at] }))).changes > 0,
    async touch(id, at) {
      await db.writeAlone(() => one({ text: sql.touch, values: [id, at] }));
    },
    delete: async (id) => (await db.writeAlone(() => one({ text: sql.delete, values: [id] }))).changes > 0,
  };
}

function toRecord(row: Row): ApiKeyRecord {
  // Both were written by `add`.
  const [roles, scopes] = [json(row, "roles") as readonly string[] | undefined, json(row, "scopes") as readonly string[] | undefined];
  const [expiresAt, revokedAt, lastUsedAt] = [
    optionalNumber(row, "expires_at"),
    optionalNumber(row, "revoked_at"),
    optionalNumber(row, "last_used_at"),
  ];
  return {
    id: text(row, "id"),
    hash: text(row, "hash"),
    name: text(row, "name"),
    tenant: text(row, "tenant"),
    subject: text(row, "subject"),
    ...(roles && { roles }),
    ...(scopes && { scopes }),
    createdAt: number(row, "created_at"),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(revokedAt !== undefined && { revokedAt }),
    ...(lastUsedAt !== undefined && { lastUsedAt }),
  };
}
