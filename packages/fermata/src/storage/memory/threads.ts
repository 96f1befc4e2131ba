import { FermataError } from "../../errors.ts";
import { assertId } from "../ids.ts";
import { cleanText, filterEntries, matchesMetadata, metadataText } from "../metadata.ts";
import type { Metadata } from "../metadata.ts";
import { pageOf, toWindow } from "../page.ts";
import { ownerOf } from "../reach.ts";
import type { Reach } from "../reach.ts";
import type { Thread, ThreadStore } from "../threads.ts";
import type { ThreadRow, ThreadTable } from "./thread-table.ts";

const DEFAULT_PER_PAGE = 100;

/** Threads held in the process, for any reach. */
export function memoryThreads(table: ThreadTable): (reach: Reach) => ThreadStore {
  return (reach) => ({
    async create({ id, resourceId, title, metadata, createdAt = Date.now() }) {
      assertId(id, "thread's id");
      const owner = ownerOf(reach, resourceId);
      const same = table.withId(reach.tenant, id);
      const own = same.find((row) => row.resourceId === owner);
      if (reach.resourceId === undefined && same.some((row) => row !== own)) {
        throw new FermataError("CONFLICT", `Thread ${id} belongs to a different resource.`);
      }
      if (own) return { thread: toThread(own), created: false };
      const row = table.add({
        tenant: reach.tenant,
        id,
        resourceId: owner,
        ...(title !== undefined && { title: cleanText(title) }),
        ...(metadata && { metadata: metadataText(metadata) }),
        createdAt,
        updatedAt: createdAt,
        version: 0,
      });
      return { thread: toThread(row), created: true };
    },
    async get(id) {
      const row = table.find(reach, id);
      return row && toThread(row);
    },
    async belongsToOther(id) {
      return table.find(reach, id) === undefined && table.withId(reach.tenant, id).length > 0;
    },
    async update(id, { title, metadata }, ifVersion) {
      const row = table.find(reach, id);
      if (!row) return undefined;
      if (ifVersion !== undefined && row.version !== ifVersion) throw new FermataError("CONFLICT", `Thread ${id} was changed meanwhile.`);
      if (title !== undefined) row.title = cleanText(title);
      if (metadata !== undefined) row.metadata = metadataText(metadata);
      row.version += 1;
      row.updatedAt = Date.now();
      return toThread(row);
    },
    async list(query = {}) {
      const window = toWindow(query, DEFAULT_PER_PAGE);
      const field = query.orderBy?.field ?? "createdAt";
      filterEntries(query.metadata);
      const sign = query.orderBy?.direction === "ASC" ? 1 : -1;
      const found = [...table.within(reach)]
        .filter((row) => query.resourceId === undefined || row.resourceId === query.resourceId)
        .filter((row) => matchesMetadata(metadataIn(row), query.metadata))
        .sort((a, b) => sign * (a[field] - b[field] || a.key - b.key));
      return pageOf(found.map(toThread), window);
    },
    async delete(id) {
      const row = table.find(reach, id);
      if (row) table.remove(row);
      return row !== undefined;
    },
    async transfer(id, resourceId) {
      assertId(resourceId, "resource's id");
      const row = table.find(reach, id);
      if (!row) return undefined;
      if (table.withId(reach.tenant, id).some((other) => other !== row && other.resourceId === resourceId)) {
        throw new FermataError("CONFLICT", `Resource ${resourceId} has a thread ${id} already.`);
      }
      row.resourceId = resourceId;
      row.updatedAt = Date.now();
      return toThread(row);
    },
  });
}

function metadataIn({ metadata }: ThreadRow): Metadata | undefined {
  // Written by `metadataText`.
  return metadata === undefined ? undefined : (JSON.parse(metadata) as Metadata);
}

function toThread(row: ThreadRow): Thread {
  const metadata = metadataIn(row);
  return {
    id: row.id,
    resourceId: row.resourceId,
    ...(row.title !== undefined && { title: row.title }),
    ...(metadata !== undefined && { metadata }),
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    version: row.version,
  };
}
