/** What is acknowledged stays, whoever else writes and however the process ends. `FERMATA_KILLS=50` kills at more moments. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LOCAL_PRINCIPAL } from "../../src/context/principal.ts";
import { SqliteStore } from "../../src/storage/sqlite/index.ts";

const script = fileURLToPath(new URL("children/write-messages.ts", import.meta.url));
const kills = Number(process.env["FERMATA_KILLS"] ?? 5);
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fermata-processes-"));
  file = join(folder, "data.db");
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Writer {
  readonly process: ChildProcess;
  /** Resolves to the lines that it printed, when it has ended. */
  readonly lines: Promise<string[]>;
}

function startWriter(name: string, count: number, parallel: number): Writer {
  const child = spawn(process.execPath, [script, `file:${file}`, name, `${count}`, `${parallel}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  // The last line may have been cut off by the kill: only what ends with a line break was printed whole.
  return { process: child, lines: once(child, "close").then(() => said.split("\n").slice(0, -1)) };
}

function integrity(): unknown {
  const database = new DatabaseSync(file, { timeout: 5_000 });
  const answer = database.prepare("pragma integrity_check").get();
  database.close();
  return answer?.["integrity_check"];
}

test("eight processes write a thousand messages each to one file: none is lost, and no lock is seen", { timeout: 120_000 }, async () => {
  const writers = Array.from({ length: 8 }, (_, i) => startWriter(`p${i}`, 1_000, 20));
  const lines = (await Promise.all(writers.map((writer) => writer.lines))).flat();
  expect(lines.filter((line) => line.startsWith("error"))).toEqual([]);
  expect(new Set(lines).size).toBe(8_000);
  const store = new SqliteStore({ url: `file:${file}` });
  const { messages } = store.for(LOCAL_PRINCIPAL);
  for (let i = 0; i < 8; i += 1) {
    const { items } = await messages.list({ threadId: `p${i}`, perPage: false });
    expect(items.map(({ id }) => id).toSorted()).toEqual(Array.from({ length: 1_000 }, (_, n) => `p${i}-${n}`).toSorted());
    expect(new Set(items.map(({ seq }) => seq)).size).toBe(1_000);
  }
  await store.close();
  expect(integrity()).toBe("ok");
});

test(`a process killed at ${kills} moments under load leaves every acknowledged message`, { timeout: 20_000 + kills * 2_000 }, async () => {
  let acknowledged = 0;
  for (let moment = 0; moment < kills; moment += 1) {
    const { process: writer, lines } = startWriter(`k${moment}`, 0, 16);
    await once(writer.stdout!, "data");
    await delay(Math.random() * 150);
    writer.kill("SIGKILL");
    const ids = await lines;
    expect(ids.filter((line) => line.startsWith("error"))).toEqual([]);
    const store = new SqliteStore({ url: `file:${file}` });
    const kept = new Set(
      (await store.for(LOCAL_PRINCIPAL).messages.list({ threadId: `k${moment}`, perPage: false })).items.map(({ id }) => id),
    );
    await store.close();
    expect(ids.filter((id) => !kept.has(id))).toEqual([]);
    acknowledged += ids.length;
  }
  expect(acknowledged).toBeGreaterThan(0);
  expect(integrity()).toBe("ok");
});
