/**
 * PostgreSQL with the extension `vector`: one in the process, or any other with `FERMATA_PGVECTOR_URL=postgres://… vitest run pgvector`.
 * The tests make a schema of their own and drop it.
 */
import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PgVector } from "../../src/storage/postgres/index.ts";
import { vectorSuite } from "../suites/vector-suite.ts";
import { startPgVector, type TestPgVector } from "../support/pgvector.ts";

const given = process.env["FERMATA_PGVECTOR_URL"];

describe("pgvector", () => {
  const schema = `test_${randomUUID()}`;
  let own: TestPgVector | undefined;
  let pool: pg.Pool;
  let vector: PgVector;
  beforeAll(async () => {
    if (given === undefined) own = await startPgVector();
    pool = new pg.Pool({ connectionString: given ?? own?.connectionString, ...(own && { max: 1 }) });
    await pool.query("create extension if not exists vector");
    vector = new PgVector({ pool, schema });
  }, 60_000);
  afterAll(async () => {
    await vector?.close();
    await pool?.query(`drop schema if exists "${schema}" cascade`);
    await pool?.end();
    await own?.stop();
  });

  vectorSuite("pgvector", () => vector);

  test("new indexes keep their vectors in the extension's type", async () => {
    await vector.createIndex({ indexName: "kind", dimension: 2 });
    const { rows } = await pool.query(`select kind from "${schema}".fermata_vector_indexes where name = 'kind'`);
    expect(rows).toEqual([{ kind: "pgvector" }]);
  });
});
