/**
 * A process that writes messages to a SQLite file: `write-messages.ts <url> <name> <count> <parallel>`. Each id is printed once its write
 * was acknowledged, and any error as `error: …`. With a count of 0 it never ends.
 */
import { writeSync } from "node:fs";
import { LOCAL_PRINCIPAL } from "../../../src/context/principal.ts";
import { SqliteStore } from "../../../src/storage/sqlite/index.ts";

const [url = "", name = "", count = "0", parallel = "1"] = process.argv.slice(2);
const store = new SqliteStore({ url });
const { threads, messages } = store.for(LOCAL_PRINCIPAL);
const last = Number(count) || Infinity;
let next = 0;

async function write(): Promise<void> {
  while (next < last) {
    const id = `${name}-${next++}`;
    try {
      await messages.save(name, [{ id, role: "user", content: { format: 2, parts: [{ type: "text", text: id.repeat(20) }] } }]);
      // At once, so that nothing acknowledged is lost with the process.
      writeSync(1, `${id}\n`);
    } catch (error) {
      writeSync(1, `error: ${String(error)}\n`);
    }
  }
}

try {
  await threads.create({ id: name, resourceId: "shared" });
} catch (error) {
  writeSync(1, `error: ${String(error)}\n`);
}
await Promise.all(Array.from({ length: Number(parallel) }, write));
await store.close();
