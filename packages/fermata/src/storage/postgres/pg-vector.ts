import { FermataError } from "../../errors.ts";
import { one } from "../sql/database.ts";
import type { SqlDatabase } from "../sql/database.ts";
import { text } from "../sql/row.ts";
import { byteFormat, sqlVectorRows } from "../sql/vectors.ts";
import type { VectorFormat } from "../sql/vectors.ts";
import { ExactVector } from "../vector/exact-vector.ts";
import type { Metric } from "../vector/vector.ts";
import { PostgresConnection } from "./connection.ts";
import type { PostgresOptions } from "./connection.ts";

export interface PgVectorOptions extends PostgresOptions {
  /** Default `pg-vector`. */
  readonly id?: string;
}

/**
 * Vectors in PostgreSQL. Where the extension `vector` (pgvector) is installed when an index is created, the server finds the nearest itself.
 * Elsewhere every search reads all vectors of the index that its filter leaves, so it is for tens of thousands of them. Both are exact.
 */
export class PgVector extends ExactVector {
  /** @throws FermataError `MISCONFIGURED` when the schema's name cannot be one. */
  constructor(options: PgVectorOptions = {}) {
    const connection = new PostgresConnection(options);
    const { database } = connection;
    const [plain, extended] = [byteFormat(database.dialect), extensionFormat(database)];
    super(
      options.id ?? "pg-vector",
      sqlVectorRows(
        database,
        [plain, extended],
        async () => ((await hasExtension(database)) ? await withTable(database, extended) : plain),
        () => connection.close(),
      ),
    );
  }
}

/** The operators of the extension. A greater inner product is nearer, so it counts it negatively. */
const OPERATORS: Readonly<Record<Metric, string>> = { cosine: "<=>", euclidean: "<->", dotproduct: "<#>" };

function extensionFormat({ dialect }: SqlDatabase): VectorFormat {
  return {
    kind: "pgvector",
    table: dialect.table("pgvectors"),
    selected: "vector::text as vector",
    parameter: (name) => `${name}::vector`,
    write: (vector) => `[${vector.join(",")}]`,
    read: (row) => toNumbers(JSON.parse(text(row, "vector"))),
    distance: (metric, name) => `vector ${OPERATORS[metric]} ${name}`,
  };
}

function toNumbers(value: unknown): Float32Array {
  if (!Array.isArray(value)) throw new FermataError("INTERNAL", "A vector of the database is no list.");
  return Float32Array.from(value, Number);
}

async function hasExtension(database: SqlDatabase): Promise<boolean> {
  return (
    (await database.read(() => one({ text: "select 1 as found from pg_extension where extname = 'vector'", values: [] }))).rows.length > 0
  );
}

/** The table is made with the first index that needs it: without the extension there is no type for its column. */
async function withTable(database: SqlDatabase, format: VectorFormat): Promise<VectorFormat> {
  const table = `create table if not exists ${format.table} (index_name text collate "C" not null, id text collate "C" not null,
    vector vector not null, metadata jsonb, primary key (index_name, id))`;
  await database.write(function* () {
    // Two that make it at once would both find that it is not there.
    yield { text: "select pg_advisory_xact_lock(4701938227)", values: [] };
    yield { text: table, values: [], cold: true };
  });
  return format;
}
