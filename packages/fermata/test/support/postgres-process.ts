/**
 * PostgreSQL for programs that are no tests: writes `{ "url": … }`, the address of an empty database, for every line that it reads, and
 * stops with its input. `node packages/fermata/test/support/postgres-process.ts`
 */
import { createInterface } from "node:readline";
import { startPostgres, whyNoPostgres } from "./postgres.ts";

const why = whyNoPostgres();
if (why !== undefined) console.log(JSON.stringify({ why }));
else {
  const server = await startPostgres({ durable: true });
  for await (const _ of createInterface({ input: process.stdin })) console.log(JSON.stringify({ url: await server.createDatabase() }));
  await server.stop();
}
