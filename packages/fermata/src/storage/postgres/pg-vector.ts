import { sqlVectorRows } from "../sql/vectors.ts";
import { ExactVector } from "../vector/exact-vector.ts";
import { PostgresConnection } from "./connection.ts";
import type { PostgresOptions } from "./connection.ts";

export interface PgVectorOptions extends PostgresOptions {
  /** Default `pg-vector`. */
  readonly id?: string;
}

/** Vectors in PostgreSQL. Every search looks at all vectors of the index that its filter leaves, so it is for tens of thousands of them. */
export class PgVector extends ExactVector {
  /** @throws FermataError `MISCONFIGURED` when the schema's name cannot be one. */
  constructor(options: PgVectorOptions = {}) {
    const connection = new PostgresConnection(options);
    super(
      options.id ?? "pg-vector",
      sqlVectorRows(connection.database, () => connection.close()),
    );
  }
}
