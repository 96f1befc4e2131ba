import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LOCAL_PRINCIPAL } from "../../src/context/principal.ts";
import { MIGRATIONS } from "../../src/storage/sql/schema.ts";
import { PgVector, PostgresStore } from "../../src/storage/postgres/index.ts";
import { type TestPostgres, startPostgres, whyNoPostgres } from "../support/postgres.ts";
import { storeSuite } from "../suites/store-suite.ts";
import { vectorSuite } from "../suites/vector-suite.ts";

const missing = whyNoPostgres();
if (missing !== undefined) console.warn(missing);

describe.skipIf(missing !== undefined)("PostgreSQL", () => {
  let server: TestPostgres;
  let store: PostgresStore;
  let vector: PgVector;
  beforeAll(async () => {
    server = await startPostgres();
    const connectionString = await server.createDatabase();
    store = new PostgresStore({ connectionString });
    vector = new PgVector({ connectionString });
  });
  afterAll(async () => {
    await store?.close();
    await vector?.close();
    await server?.stop();
  });

  storeSuite("PostgreSQL", () => store);
  vectorSuite("PostgreSQL", () => vector);

  test("a start on tables that are up to date asks one question", async () => {
    const connectionString = await server.createDatabase();
    const first = new PostgresStore({ connectionString });
    await first.init();
    await first.close();
    const pool = new pg.Pool({ connectionString });
    const asked: string[] = [];
    const counted: pg.Pool = Object.create(pool);
    counted.query = ((config: { text: string }) => {
      asked.push(config.text);
      return pool.query(config);
    }) as pg.Pool["query"];
    const second = new PostgresStore({ pool: counted });
    await second.init();
    await second.close();
    expect(asked).toHaveLength(1);
    await expect(pool.query("select 1")).resolves.toMatchObject({ rowCount: 1 });
    await pool.end();
  });
  test("of ten replicas that start on an empty database one makes the tables and none fails", async () => {
    const connectionString = await server.createDatabase();
    const replicas = Array.from({ length: 10 }, () => new PostgresStore({ connectionString, schema: 'App "x"', max: 2 }));
    await Promise.all(replicas.map((replica) => replica.init()));
    const client = new pg.Client(connectionString);
    await client.connect();
    const { rows } = await client.query('select version from "App ""x""".fermata_migrations');
    expect(rows).toEqual(MIGRATIONS.map(({ version }) => ({ version })));
    await client.end();
    await replicas[0]!.for(LOCAL_PRINCIPAL).threads.create({ id: "t", resourceId: "r" });
    expect(await replicas[9]!.for(LOCAL_PRINCIPAL).threads.get("t")).toBeDefined();
    await Promise.all(replicas.map((replica) => replica.close()));
  });
  test("a store that may not change tables says what to do, and works once it was done", async () => {
    const connectionString = await server.createDatabase();
    const production = new PostgresStore({ connectionString, autoMigrate: false });
    await expect(production.init()).rejects.toMatchObject({ code: "MISCONFIGURED", message: expect.stringContaining("fermata migrate") });
    await production.migrate();
    await expect(production.init()).resolves.toBeUndefined();
    await production.close();
  });
  test("without prepared statements the store does the same", async () => {
    const pool = new pg.Pool({ connectionString: await server.createDatabase() });
    const names: unknown[] = [];
    const watched: pg.Pool = Object.create(pool);
    watched.query = ((config: { name?: string }) => {
      names.push(config.name);
      return pool.query(config as pg.QueryConfig);
    }) as pg.Pool["query"];
    const plain = new PostgresStore({ pool: watched, prepare: false });
    const { threads, messages } = plain.for(LOCAL_PRINCIPAL);
    await threads.create({ id: "t", resourceId: "r" });
    await messages.save("t", [{ id: "m", role: "user", content: 1 }]);
    expect(await messages.recent("t", 5)).toMatchObject([{ id: "m", content: 1 }]);
    expect(new Set(names)).toEqual(new Set([undefined]));
    await plain.close();
    await pool.end();
  });
  test("a server that cannot be reached is unavailable, and the next call may find it", async () => {
    const unreachable = new PostgresStore({ connectionString: "postgres://postgres@127.0.0.1:1/none" });
    await expect(unreachable.ping()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await unreachable.close();
    await expect(unreachable.ping()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});
