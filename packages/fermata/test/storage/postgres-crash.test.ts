/** What is acknowledged stays when the database server is killed, and the store goes on when it is back. `FERMATA_KILLS=50` kills at more moments. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LOCAL_PRINCIPAL } from "../../src/context/principal.ts";
import { PostgresStore } from "../../src/storage/postgres/index.ts";
import { type TestPostgres, startPostgres, whyNoPostgres } from "../support/postgres.ts";

const missing = whyNoPostgres();
if (missing !== undefined) console.warn(missing);
const kills = Number(process.env["FERMATA_KILLS"] ?? 3);

describe.skipIf(missing !== undefined)("PostgreSQL", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres({ durable: true });
  });
  afterAll(async () => {
    await server?.stop();
  });

  test(`a server killed at ${kills} moments under load has every acknowledged message`, { timeout: 20_000 + kills * 5_000 }, async () => {
    const store = new PostgresStore({ connectionString: await server.createDatabase() });
    const { threads, messages } = store.for(LOCAL_PRINCIPAL);
    for (let moment = 0; moment < kills; moment += 1) {
      const threadId = `k${moment}`;
      await threads.create({ id: threadId, resourceId: "r" });
      const acknowledged: string[] = [];
      const down = new AbortController();
      const write = async (writer: number): Promise<void> => {
        for (let i = 0; !down.signal.aborted; i += 1) {
          const id = `${writer}-${i}`;
          const saved = await messages.save(threadId, [{ id, role: "user", content: id.repeat(50) }]).catch((error: unknown) => {
            expect(error).toMatchObject({ code: "UNAVAILABLE" });
          });
          if (saved) acknowledged.push(id);
        }
      };
      // Transactions of several statements, whose connections break between two of them.
      const update = async (): Promise<void> => {
        while (!down.signal.aborted) {
          await threads.update(threadId, { title: "x" }).catch((error: unknown) => {
            expect(error).toMatchObject({ code: "UNAVAILABLE" });
          });
        }
      };
      const writers = [...Array.from({ length: 8 }, (_, i) => write(i)), update(), update()];
      await delay(20 + Math.random() * 150);
      await server.kill();
      down.abort();
      await server.restart();
      await Promise.all(writers);
      const kept = new Set((await messages.list({ threadId, perPage: false })).items.map(({ id }) => id));
      expect(acknowledged.length).toBeGreaterThan(0);
      expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    }
    await store.close();
  });
});
