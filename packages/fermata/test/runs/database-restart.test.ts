/** A database that goes away and comes back ends no turn of an agent: what was said meanwhile is in the log afterwards. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPostgres, whyNoPostgres, type TestPostgres } from "../support/postgres.ts";
import { chunkOf, frames, postgresData, postJson, steppedModel, turnServer } from "../support/turn-servers.ts";

describe.runIf(whyNoPostgres() === undefined)("PostgreSQL", () => {
  let server: TestPostgres;
  beforeAll(async () => void (server = await startPostgres({ durable: true })), 60_000);
  afterAll(() => server?.stop());

  test("a turn goes on while the database is away for longer than a lease, and nobody takes it over", { timeout: 60_000 }, async () => {
    await using data = postgresData(await server.createDatabase());
    const model = steppedModel(["one ", "two ", "three ", "four"]);
    await using one = await turnServer(data, { model: model.model });
    await using two = await turnServer(data, {});
    const stream = await frames(`${one.api}/agents/a/stream`, postJson({ messages: "hi", runId: "r" }, { "x-fermata-stream": "ids" }));
    const seen = [await stream.next()];
    await server.kill();
    model.step();
    await delay(2_000); // both have given no sign of life for two leases
    await server.restart();
    await model.finish();
    const rest = await stream.rest();
    expect(rest.map((frame) => chunkOf(frame).type).slice(-2)).toEqual(["finish", "[DONE]"]);
    const log = await (await frames(`${two.api}/runs/r/stream`)).rest();
    expect(log.join("")).toBe([...seen, ...rest].join(""));
  });
});
