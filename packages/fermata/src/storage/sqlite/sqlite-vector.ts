import { byteFormat, sqlVectorRows } from "../sql/vectors.ts";
import { ExactVector } from "../vector/exact-vector.ts";
import { SqliteDatabase } from "./database.ts";

export interface SqliteVectorOptions {
  /** Default `sqlite-vector`. */
  readonly id?: string;
  /** `file:./data.db`, a path, or `:memory:`. Default `file:.fermata/data.db`, the file of the store. */
  readonly url?: string;
}

/** Vectors in one SQLite file. Every search looks at all vectors of the index that its filter leaves, so it is for tens of thousands of them. */
export class SqliteVector extends ExactVector {
  /** @throws FermataError `MISCONFIGURED` when the address is not a file. */
  constructor({ id = "sqlite-vector", url = "file:.fermata/data.db" }: SqliteVectorOptions = {}) {
    const database = new SqliteDatabase(url);
    const format = byteFormat(database.dialect);
    super(
      id,
      sqlVectorRows(
        database,
        [format],
        async () => format,
        () => database.close(),
      ),
    );
  }
}
