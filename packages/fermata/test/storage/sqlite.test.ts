import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LOCAL_PRINCIPAL } from "../../src/context/principal.ts";
import { type Work, one } from "../../src/storage/sql/database.ts";
import { SqliteDatabase } from "../../src/storage/sqlite/database.ts";
import { LibSQLStore, SqliteStore } from "../../src/storage/sqlite/index.ts";

let folder: string;
let file: string;
let stores: SqliteStore[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fermata-sqlite-"));
  file = join(folder, "data.db");
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(url = `file:${file}`): SqliteStore {
  const store = new SqliteStore({ url });
  stores.push(store);
  return store;
}

const thread = { id: "t", resourceId: "r" };
const message = (id: string): { id: string; role: string; content: string } => ({ id, role: "user", content: id });

test("what was saved is there when the file is opened again", async () => {
  const first = open();
  await first.for(LOCAL_PRINCIPAL).threads.create(thread);
  await first.close();
  expect(await open().for(LOCAL_PRINCIPAL).threads.get("t")).toMatchObject(thread);
});
test("folders on the way to the file are made", async () => {
  await expect(open(`file:${join(folder, "a/b/c.db")}`).init()).resolves.toBeUndefined();
});
test("the options and the name that an app may know are understood", async () => {
  const store = new LibSQLStore({ id: "mastra-storage", url: `file:${file}` });
  stores.push(store);
  expect(store.id).toBe("mastra-storage");
  await store.for(LOCAL_PRINCIPAL).threads.create(thread);
  for (const url of [pathToFileURL(file).href, file]) expect(await open(url).for(LOCAL_PRINCIPAL).threads.get("t")).toBeDefined();
});
test.for(["libsql://db.example.org", "https://db.example.org", "postgres://localhost/x"])("the address %s is refused", (url) => {
  expect(() => new SqliteStore({ url })).toThrow(expect.objectContaining({ code: "MISCONFIGURED" }));
});
test("two stores in memory do not share anything", async () => {
  await open(":memory:").for(LOCAL_PRINCIPAL).threads.create(thread);
  expect(await open(":memory:").for(LOCAL_PRINCIPAL).threads.get("t")).toBeUndefined();
});
test("a file that is no database is refused and left as it is", async () => {
  writeFileSync(file, "This is a letter, and it is long enough to be looked at. ".repeat(50));
  const before = readFileSync(file);
  await expect(open().init()).rejects.toMatchObject({ code: "MISCONFIGURED" });
  expect(readFileSync(file)).toEqual(before);
});
test("a damaged file is refused when it is opened", async () => {
  const store = open();
  const { threads, messages } = store.for(LOCAL_PRINCIPAL);
  await threads.create(thread);
  await messages.save(
    "t",
    Array.from({ length: 500 }, (_, i) => ({ id: `${i}`, role: "user", content: "x".repeat(500) })),
  );
  await store.close();
  const bytes = readFileSync(file);
  // The number of entries in one page: reading others would not show it.
  const page = Math.floor(bytes.length / 4_096 / 2);
  bytes.writeUInt16BE(3, page * 4_096 + 3);
  writeFileSync(file, bytes);
  await expect(open().init()).rejects.toMatchObject({ code: "MISCONFIGURED", message: expect.stringContaining("damaged") });
});
test("a file of a newer version is refused", async () => {
  const store = open();
  await store.init();
  await store.close();
  const database = new DatabaseSync(file);
  database.exec("pragma user_version = 99");
  database.close();
  await expect(open().init()).rejects.toMatchObject({ code: "MISCONFIGURED", message: expect.stringContaining("newer") });
});
test("ten stores that open a new file at once all get it", async () => {
  const ten = Array.from({ length: 10 }, () => open());
  await Promise.all(ten.map((store, i) => store.for(LOCAL_PRINCIPAL).threads.create({ id: `t${i}`, resourceId: "r" })));
  expect((await ten[0]!.for(LOCAL_PRINCIPAL).threads.list()).total).toBe(10);
});
test("a write that fails takes back itself and nothing of its neighbours", async () => {
  const { threads, messages } = open().for(LOCAL_PRINCIPAL);
  await threads.create(thread);
  // In one turn of the event loop, so in one commit.
  const results = await Promise.allSettled([
    messages.save("t", [message("a")]),
    messages.save("nowhere", [message("b")]),
    threads.update("t", { title: "x" }, 99),
    messages.save("t", [message("c")]),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
  expect((await messages.list({ threadId: "t" })).items.map(({ id }) => id)).toEqual(["a", "c"]);
  expect(await threads.get("t")).toMatchObject({ version: 0 });
});
test("what a write changed before it failed is taken back", async () => {
  const database = new SqliteDatabase(":memory:");
  const add = (name: string) => ({ text: "insert into fermata_workers (id, alive_until) values ($1, 0)", values: [name] });
  const results = await Promise.allSettled([
    database.write(() => one(add("a"))),
    database.write(function* (): Work<void> {
      yield add("b");
      throw new Error("No.");
    }),
    database.write(() => one(add("c"))),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  const { rows } = await database.read(() => one({ text: "select id from fermata_workers order by id", values: [] }));
  expect(rows.map(({ id }) => id)).toEqual(["a", "c"]);
  await database.close();
});
test("those whose writes share a commit go on a few at a time, so that the event loop turns in between", async () => {
  const { threads } = open().for(LOCAL_PRINCIPAL);
  await threads.create(thread);
  let turn = 0;
  let isTurning = true;
  const next = (): void => void (isTurning && ((turn += 1), setImmediate(next)));
  next();
  const turns: number[] = [];
  await Promise.all(Array.from({ length: 20 }, (_, i) => threads.create({ id: `t${i}`, resourceId: "r" }).then(() => turns.push(turn))));
  isTurning = false;
  const together = Object.values(Object.groupBy(turns, String)).map((group) => group?.length ?? 0);
  expect(turns).toHaveLength(20);
  expect(Math.max(...together)).toBeLessThanOrEqual(4);
});
test("a write waits for another process's transaction, and the event loop goes on turning", async () => {
  const store = open();
  await store.for(LOCAL_PRINCIPAL).threads.create(thread);
  const other = new DatabaseSync(file);
  other.exec("begin immediate");
  const saved = store.for(LOCAL_PRINCIPAL).messages.save("t", [message("a")]);
  let isSaved = false;
  void saved.then(() => (isSaved = true));
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isSaved).toBe(false);
  other.exec("commit");
  other.close();
  await expect(saved).resolves.toMatchObject([{ id: "a" }]);
});
test("readers see what is committed while another process writes", async () => {
  const store = open();
  const { threads } = store.for(LOCAL_PRINCIPAL);
  await threads.create(thread);
  const other = new DatabaseSync(file);
  other.exec("begin immediate; delete from fermata_threads");
  expect(await threads.get("t")).toBeDefined();
  other.exec("rollback");
  other.close();
});
test("closing waits for what was asked for, and afterwards the store says that it is closed", async () => {
  const store = open();
  const { threads } = store.for(LOCAL_PRINCIPAL);
  await store.init();
  const created = threads.create(thread);
  await store.close();
  await expect(created).resolves.toMatchObject({ created: true });
  await expect(threads.get("t")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await store.close();
});
