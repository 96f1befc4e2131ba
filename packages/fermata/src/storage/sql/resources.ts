import { FermataError } from "../../errors.ts";
import { assertId } from "../ids.ts";
import { metadataText } from "../metadata.ts";
import type { Metadata } from "../metadata.ts";
import { ownerOf } from "../reach.ts";
import type { Reach } from "../reach.ts";
import type { Resource, ResourcePatch, ResourceStore } from "../resources.ts";
import { one } from "./database.ts";
import type { Row, SqlDatabase, SqlValue, Work } from "./database.ts";
import { json, number, optionalText, text } from "./row.ts";

const COLUMNS = "id, working_memory, metadata, version, created_at, updated_at";

/** The resources of a database, for any reach. */
export function sqlResources(db: SqlDatabase): (reach: Reach) => ResourceStore {
  const table = db.dialect.table("resources");
  const sql = {
    get: `select ${COLUMNS} from ${table} where tenant = $1 and id = $2`,
    insert: `insert into ${table} (tenant, id, working_memory, metadata, version, created_at, updated_at) values ($1, $2, $3, $4, 1, $5, $5)
      on conflict (tenant, id) do nothing returning ${COLUMNS}`,
    update: `update ${table} set working_memory = coalesce($3, working_memory), metadata = coalesce($4, metadata), version = version + 1, updated_at = $5
      where tenant = $1 and id = $2 returning ${COLUMNS}`,
    updateVersion: `update ${table} set working_memory = coalesce($3, working_memory), metadata = coalesce($4, metadata), version = version + 1, updated_at = $5
      where tenant = $1 and id = $2 and version = $6 returning ${COLUMNS}`,
    delete: `delete from ${table} where tenant = $1 and id = $2`,
  };

  function* put(reach: Reach, id: string, { workingMemory, metadata }: ResourcePatch, ifVersion: number | undefined): Work<Resource> {
    const values: SqlValue[] = [reach.tenant, id, workingMemory ?? null, metadata ? metadataText(metadata) : null, Date.now()];
    if (ifVersion === undefined || ifVersion === 0) {
      const [created] = (yield { text: sql.insert, values }).rows;
      if (created) return toResource(created);
    }
    const change = ifVersion === undefined ? { text: sql.update, values } : { text: sql.updateVersion, values: [...values, ifVersion] };
    const [changed] = (yield change).rows;
    if (!changed) throw new FermataError("CONFLICT", `Resource ${id} was changed meanwhile.`);
    return toResource(changed);
  }

  const isFar = (reach: Reach, id: string): boolean => reach.resourceId !== undefined && reach.resourceId !== id;
  return (reach) => ({
    async get(id) {
      if (isFar(reach, id)) return undefined;
      const [row] = (await db.read(() => one({ text: sql.get, values: [reach.tenant, id] }))).rows;
      return row && toResource(row);
    },
    async put(id, patch, ifVersion) {
      assertId(ownerOf(reach, id), "resource's id");
      const clean = { ...patch, ...(patch.workingMemory !== undefined && { workingMemory: patch.workingMemory.replaceAll("\0", "") }) };
      return await db.write(() => put(reach, id, clean, ifVersion));
    },
    async delete(id) {
      if (isFar(reach, id)) return false;
      return (await db.write(() => one({ text: sql.delete, values: [reach.tenant, id] }))).changes > 0;
    },
  });
}

function toResource(row: Row): Resource {
  const workingMemory = optionalText(row, "working_memory");
  // Written by `metadataText`.
  const metadata = json(row, "metadata") as Metadata | undefined;
  return {
    id: text(row, "id"),
    ...(workingMemory !== undefined && { workingMemory }),
    ...(metadata !== undefined && { metadata }),
    version: number(row, "version"),
    createdAt: number(row, "created_at"),
    updatedAt: number(row, "updated_at"),
  };
}
