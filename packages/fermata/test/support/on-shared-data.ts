import { afterAll, beforeAll, describe } from "vitest";
import { startPostgres, whyNoPostgres, type TestPostgres } from "./postgres.ts";
import { postgresData, sqliteData, type SharedData } from "./turn-servers.ts";

/** Runs the cases on every database that processes can share. `open` makes a new one. */
export function onSharedData(cases: (open: () => Promise<SharedData>) => void): void {
  describe("SQLite", () => {
    cases(async () => sqliteData());
  });
  const missing = whyNoPostgres();
  if (missing !== undefined) return console.warn(missing);
  describe("PostgreSQL", () => {
    let server: TestPostgres | undefined;
    beforeAll(async () => void (server = await startPostgres()), 60_000);
    afterAll(() => server?.stop());
    cases(async () => postgresData((await server?.createDatabase()) ?? ""));
  });
}
