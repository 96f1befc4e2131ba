/**
 * PostgreSQL with the extension `vector`, which no npm package brings: `FERMATA_PGVECTOR_URL=postgres://… vitest run pgvector`.
 * The tests make a schema of their own and drop it.
 */
import { randomUUID } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PgVector } from "../../src/storage/postgres/index.ts";
import { vectorSuite } from "../suites/vector-suite.ts";

const connectionString = process.env["FERMATA_PGVECTOR_URL"];
if (connectionString === undefined) console.warn("FERMATA_PGVECTOR_URL is not set: tests with pgvector are skipped.");

describe.skipIf(connectionString === undefined)("pgvector", () => {
  const schema = `test_${randomUUID()}`;
  let pool: pg.Pool;
  let vector: PgVector;
  beforeAll(async () => {
    pool = new pg.Pool({ connectionString });
    await pool.query("create extension if not exists vector");
    vector = new PgVector({ pool, schema });
  });
  afterAll(async () => {
    await vector?.close();
    await pool?.query(`drop schema if exists "${schema}" cascade`);
    await pool?.end();
  });

  vectorSuite("pgvector", () => vector);

  test("new indexes keep their vectors in the extension's type", async () => {
    await vector.createIndex({ indexName: "kind", dimension: 2 });
    const { rows } = await pool.query(`select kind from "${schema}".fermata_vector_indexes where name = 'kind'`);
    expect(rows).toEqual([{ kind: "pgvector" }]);
  });
});
