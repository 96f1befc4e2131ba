/** Vectors in a database. A search reads an index in parts and lets the event loop turn between them. */
import { equalitiesOf } from "../vector/filter.ts";
import type { VectorFilter } from "../vector/filter.ts";
import type { IndexShape, StoredVector, VectorIndex, VectorRows } from "../vector/exact-vector.ts";
import { fromBytes, toBytes } from "../vector/score.ts";
import type { Metric } from "../vector/vector.ts";
import { one } from "./database.ts";
import type { Dialect, Row, SqlDatabase, SqlValue, Work } from "./database.ts";
import { bytes, number, optionalText, text } from "./row.ts";

/** Numbers read at a time, of all vectors of a part together: about 4 MB. */
const NUMBERS_PER_PART = 1_000_000;

/** How vectors are written and read: as bytes, or as a type of the database's own. */
export interface VectorFormat {
  /** What the column `kind` says of indexes in this format. */
  readonly kind: string;
  readonly table: string;
  /** What is read and what is written, in SQL. */
  readonly selected: string;
  readonly parameter: (name: string) => string;
  readonly write: (vector: Float32Array) => SqlValue;
  readonly read: (row: Row) => Float32Array;
  /** An SQL expression that grows with the distance to a parameter, where the database has one. */
  readonly distance?: (metric: Metric, name: string) => string;
}

/** Four bytes for each number: what every database can hold. */
export function byteFormat({ table }: Dialect): VectorFormat {
  return {
    kind: "exact",
    table: table("vectors"),
    selected: "vector",
    parameter: (name) => name,
    write: toBytes,
    read: (row) => fromBytes(bytes(row, "vector")),
  };
}

/**
 * @param formatOfNew says how a new index keeps its vectors; it stays that way.
 * @param formats what there may be in the database.
 */
export function sqlVectorRows(
  db: SqlDatabase,
  formats: readonly VectorFormat[],
  formatOfNew: () => Promise<VectorFormat>,
  close: () => Promise<void>,
): VectorRows {
  const indexes = db.dialect.table("vector_indexes");
  const sql = {
    create: `insert into ${indexes} (name, dimension, metric, kind) values ($1, $2, $3, $4) on conflict (name) do nothing`,
    open: `select dimension, metric, kind from ${indexes} where name = $1`,
    names: `select name from ${indexes} order by name`,
  };
  return {
    async create(name, { dimension, metric }) {
      const { kind } = await formatOfNew();
      await db.writeAlone(() => one({ text: sql.create, values: [name, dimension, metric, kind] }));
    },
    async open(name) {
      const [row] = (await db.read(() => one({ text: sql.open, values: [name] }))).rows;
      const format = row && formats.find(({ kind }) => kind === text(row, "kind"));
      // Written by `create`.
      return format && sqlIndex(db, format, name, { dimension: number(row, "dimension"), metric: text(row, "metric") as Metric });
    },
    names: async () => (await db.read(() => one({ text: sql.names, values: [] }))).rows.map((row) => text(row, "name")),
    close,
  };
}

function sqlIndex(db: SqlDatabase, format: VectorFormat, name: string, shape: IndexShape): VectorIndex {
  const { table: vectors, selected } = format;
  const sql = {
    count: `select count(*) as total from ${vectors} where index_name = $1`,
    drop: `delete from ${db.dialect.table("vector_indexes")} where name = $1`,
    dropVectors: `delete from ${vectors} where index_name = $1`,
    get: `select id, ${selected}, metadata from ${vectors} where index_name = $1 and id = $2`,
    delete: `delete from ${vectors} where index_name = $1 and id = $2`,
    put: `insert into ${vectors} (index_name, id, vector, metadata) values ($1, $2, ${format.parameter("$3")}, $4)
      on conflict (index_name, id) do update set vector = excluded.vector, metadata = excluded.metadata`,
  };
  const toStored = (row: Row): StoredVector => ({ id: text(row, "id"), vector: format.read(row), metadata: optionalText(row, "metadata") });

  async function some(filter: VectorFilter | null | undefined, values: SqlValue[], rest: string): Promise<readonly StoredVector[]> {
    const conditions = equalitiesOf(filter).map(([key, value]) => `and ${db.dialect.jsonEquals("metadata", key, value, values)}`);
    const statement = `select id, ${selected}, metadata from ${vectors} where index_name = $1 ${conditions.join(" ")} ${rest}`;
    return (await db.read(() => one({ text: statement, values, cold: conditions.length > 0 }))).rows.map(toStored);
  }

  async function* scan(filter: VectorFilter | null | undefined): AsyncGenerator<readonly StoredVector[]> {
    const limit = Math.max(1, Math.floor(NUMBERS_PER_PART / shape.dimension));
    for (let last = ""; ;) {
      const part = await some(filter, [name, last, limit], "and id > $2 order by id limit $3");
      yield part;
      const end = part.at(-1);
      if (part.length < limit || !end) return;
      last = end.id;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  async function* nearest(
    query: Float32Array,
    filter: VectorFilter | null | undefined,
    topK: number,
  ): AsyncGenerator<readonly StoredVector[]> {
    const order = format.distance?.(shape.metric, format.parameter("$2"));
    for (let offset = 0, limit = topK; ;) {
      const part = await some(filter, [name, format.write(query), limit, offset], `order by ${order}, id limit $3 offset $4`);
      yield part;
      if (part.length < limit) return;
      offset += limit;
      // What was found does not match the rest of the filter: look further in larger steps.
      limit *= 4;
    }
  }

  return {
    ...shape,
    async count() {
      const [row] = (await db.read(() => one({ text: sql.count, values: [name] }))).rows;
      return row ? number(row, "total") : 0;
    },
    drop: () =>
      db.write(function* (): Work<void> {
        yield { text: sql.drop, values: [name] };
        yield { text: sql.dropVectors, values: [name] };
      }),
    async get(id) {
      const [row] = (await db.read(() => one({ text: sql.get, values: [name, id] }))).rows;
      return row && toStored(row);
    },
    scan,
    ...(format.distance && { nearest }),
    change: (gone, put) =>
      db.write(function* (): Work<void> {
        for (const id of gone) yield { text: sql.delete, values: [name, id] };
        for (const { id, vector, metadata = null } of put) yield { text: sql.put, values: [name, id, format.write(vector), metadata] };
      }),
  };
}
