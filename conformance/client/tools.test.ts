/** The official client runs tools directly. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { connect } from "./connect.ts";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

test("a tool of the instance gives back what it returns, as it stands", async () => {
  expect(
    await connect(server.url)
      .client.getTool("weatherTool")
      .execute({ data: { city: "Oslo" } }),
  ).toEqual({ city: "Oslo", tempC: 21 });
});

test("a tool of an agent gives back what it returns, as it stands", async () => {
  const agent = connect(server.url).client.getAgent("toolAgent");
  expect(await agent.executeTool("weatherTool", { data: { city: "Oslo" } })).toEqual({ city: "Oslo", tempC: 21 });
});

test("the request context reaches the tool", async () => {
  const { client } = connect(server.url);
  const context = { data: { city: "Oslo" }, requestContext: { unit: "f" } };
  expect(await client.getTool("weatherTool").execute(context)).toEqual({ city: "Oslo", tempC: 70 });
  expect(await client.getAgent("toolAgent").executeTool("weatherTool", context)).toEqual({ city: "Oslo", tempC: 70 });
});

test("input that does not fit is answered with what is wrong, and the tool does not run", async () => {
  const result = await connect(server.url)
    .client.getTool("weatherTool")
    .execute({ data: { town: 1 } });
  expect(result).toMatchObject({
    error: true,
    message: expect.stringContaining("weatherTool"),
    validationErrors: { fields: { city: expect.anything() } },
  });
});
