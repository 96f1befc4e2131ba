/** Vectors in a database. A search reads an index in parts and lets the event loop turn between them. */
import { equalitiesOf } from "../vector/filter.ts";
import type { VectorFilter } from "../vector/filter.ts";
import type { IndexShape, StoredVector, VectorRows } from "../vector/exact-vector.ts";
import { fromBytes, toBytes } from "../vector/score.ts";
import type { Metric } from "../vector/vector.ts";
import { one } from "./database.ts";
import type { Query, Row, SqlDatabase, SqlValue, Work } from "./database.ts";
import { bytes, number, optionalText, text } from "./row.ts";

/** Numbers read at a time, of all vectors of a part together: about 4 MB. */
const NUMBERS_PER_PART = 1_000_000;

export function sqlVectorRows(db: SqlDatabase, close: () => Promise<void>): VectorRows {
  const { table } = db.dialect;
  const [indexes, vectors] = [table("vector_indexes"), table("vectors")];
  const sql = {
    create: `insert into ${indexes} (name, dimension, metric) values ($1, $2, $3) on conflict (name) do nothing`,
    shape: `select dimension, metric from ${indexes} where name = $1`,
    names: `select name from ${indexes} order by name`,
    count: `select count(*) as total from ${vectors} where index_name = $1`,
    drop: `delete from ${indexes} where name = $1`,
    dropVectors: `delete from ${vectors} where index_name = $1`,
    get: `select id, vector, metadata from ${vectors} where index_name = $1 and id = $2`,
    delete: `delete from ${vectors} where index_name = $1 and id = $2`,
    put: `insert into ${vectors} (index_name, id, vector, metadata) values ($1, $2, $3, $4)
      on conflict (index_name, id) do update set vector = excluded.vector, metadata = excluded.metadata`,
  };

  async function shape(name: string): Promise<IndexShape | undefined> {
    const [row] = (await db.read(() => one({ text: sql.shape, values: [name] }))).rows;
    // Written by `create`.
    return row && { dimension: number(row, "dimension"), metric: text(row, "metric") as Metric };
  }

  function partAfter(name: string, last: string, limit: number, filter: VectorFilter | null | undefined): Query {
    const values: SqlValue[] = [name, last, limit];
    const conditions = equalitiesOf(filter).map(([key, value]) => `and ${db.dialect.jsonEquals("metadata", key, value, values)}`);
    const where = `index_name = $1 and id > $2 ${conditions.join(" ")}`;
    return { text: `select id, vector, metadata from ${vectors} where ${where} order by id limit $3`, values, cold: conditions.length > 0 };
  }

  return {
    async create(name, wanted) {
      await db.writeAlone(() => one({ text: sql.create, values: [name, wanted.dimension, wanted.metric] }));
      return (await shape(name)) ?? wanted;
    },
    shape,
    names: async () => (await db.read(() => one({ text: sql.names, values: [] }))).rows.map((row) => text(row, "name")),
    async count(name) {
      const [row] = (await db.read(() => one({ text: sql.count, values: [name] }))).rows;
      return row ? number(row, "total") : 0;
    },
    drop: (name) =>
      db.write(function* (): Work<void> {
        yield { text: sql.drop, values: [name] };
        yield { text: sql.dropVectors, values: [name] };
      }),
    async get(name, id) {
      const [row] = (await db.read(() => one({ text: sql.get, values: [name, id] }))).rows;
      return row && toStored(row);
    },
    async *scan(name, filter) {
      const limit = Math.max(1, Math.floor(NUMBERS_PER_PART / ((await shape(name))?.dimension ?? 1)));
      for (let last = ""; ;) {
        const { rows } = await db.read(() => one(partAfter(name, last, limit, filter)));
        yield rows.map(toStored);
        const [end] = rows.slice(-1);
        if (rows.length < limit || !end) return;
        last = text(end, "id");
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    },
    change: (name, gone, put) =>
      db.write(function* (): Work<void> {
        for (const id of gone) yield { text: sql.delete, values: [name, id] };
        for (const { id, vector, metadata = null } of put) yield { text: sql.put, values: [name, id, toBytes(vector), metadata] };
      }),
    close,
  };
}

function toStored(row: Row): StoredVector {
  return { id: text(row, "id"), vector: fromBytes(bytes(row, "vector")), metadata: optionalText(row, "metadata") };
}
