/** Word from other processes: heard soon where it can be, and never relied upon where it cannot. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { LOOK_OFTEN_MS, LOOK_SELDOM_MS, type Following, type StoreHints } from "../../src/storage/hints.ts";
import { PostgresStore } from "../../src/storage/postgres/index.ts";
import { SYSTEM, type Store } from "../../src/storage/store.ts";
import { onSharedData } from "../support/on-shared-data.ts";
import { startPostgres, whyNoPostgres, type TestPostgres } from "../support/postgres.ts";
import type { SharedData } from "../support/turn-servers.ts";

async function hintsOf(store: Store): Promise<StoreHints> {
  await store.init();
  const { hints } = store.for(SYSTEM);
  if (!hints) throw new Error("The store gives no word.");
  return hints;
}

const opened = async (data: SharedData): Promise<StoreHints> => hintsOf(data.open());
const hearing = (following: Following): Promise<void> =>
  vi.waitFor(() => expect(following.lookAfterMs()).toBe(LOOK_SELDOM_MS), { timeout: 10_000 });

onSharedData((open) => {
  test("who follows a topic hears of it from another process, and from this one, until it stops", async () => {
    await using data = await open();
    const [store, elsewhere] = [data.open(), data.open()];
    const [here, there] = [await hintsOf(store), await hintsOf(elsewhere)];
    const heard = vi.fn<() => void>();
    const following = here.follow("a", heard);
    await hearing(following);
    for (const hints of [here, there]) {
      heard.mockClear();
      // SQLite notices what is written, PostgreSQL what is told.
      await elsewhere.for(SYSTEM).work.heartbeat("w", 1_000);
      hints.tell("a");
      await vi.waitFor(() => expect(heard).toHaveBeenCalled());
    }
    following.stop();
    heard.mockClear();
    const other = here.follow("b", () => undefined);
    const end = new Promise<void>((resolve) => void here.follow("c", resolve));
    await hearing(other);
    await elsewhere.for(SYSTEM).work.heartbeat("w", 2_000);
    there.tell("a");
    there.tell("c");
    await end;
    expect(heard).not.toHaveBeenCalled();
  });

  test("what many tell at once reaches everybody who follows any of it", async () => {
    await using data = await open();
    const [here, there] = [await opened(data), await opened(data)];
    const topics = Array.from({ length: 1_000 }, (_, i) => `topic ${i} ${"x".repeat(300)}`);
    const waiting = topics.map((topic) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      return { promise, following: here.follow(topic, resolve), topic };
    });
    await hearing(waiting[0]!.following);
    const store = data.open();
    await store.for(SYSTEM).work.heartbeat("w", 1_000);
    for (const topic of topics) there.tell(topic);
    const heard = await Promise.all(waiting.map(async ({ promise, topic }) => promise.then(() => topic)));
    expect(heard).toEqual(topics);
  });
});

describe.runIf(whyNoPostgres() === undefined)("PostgreSQL alone", () => {
  let server: TestPostgres;
  let url: string;
  beforeAll(async () => {
    server = await startPostgres();
    url = await server.createDatabase();
  }, 60_000);
  afterAll(() => server?.stop());

  test("where nobody can listen, everybody looks often", async () => {
    const pool = new pg.Pool({ connectionString: url });
    const stores = [new PostgresStore({ pool }), new PostgresStore({ connectionString: url, listen: false })];
    for (const store of stores) expect((await hintsOf(store)).follow("a", () => undefined).lookAfterMs()).toBe(LOOK_OFTEN_MS);
    for (const store of stores) await store.close();
    await pool.end();
  });

  test("a process that cannot listen is heard by one that can", async () => {
    const mute = new PostgresStore({ connectionString: url, listen: false });
    const store = new PostgresStore({ connectionString: url });
    const heard = vi.fn<() => void>();
    const following = (await hintsOf(store)).follow("a", heard);
    await hearing(following);
    heard.mockClear();
    (await hintsOf(mute)).tell("a");
    await vi.waitFor(() => expect(heard).toHaveBeenCalled());
    for (const one of [mute, store]) await one.close();
  });

  test("a connection that breaks is made anew, and what may have been missed is looked at", { timeout: 20_000 }, async () => {
    const store = new PostgresStore({ connectionString: url });
    const heard = vi.fn<() => void>();
    const following = (await hintsOf(store)).follow("a", heard);
    await hearing(following);
    heard.mockClear();
    const operator = new pg.Client(url);
    await operator.connect();
    await operator.query("select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %'");
    await operator.end();
    await vi.waitFor(() => expect(following.lookAfterMs()).toBe(LOOK_OFTEN_MS), { timeout: 10_000 });
    await vi.waitFor(() => expect(heard).toHaveBeenCalled(), { timeout: 10_000 });
    await hearing(following);
    await store.close();
  });
});
