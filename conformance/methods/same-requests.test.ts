/** Every public method of the official client exists on ours under the same name, and sends the same request. */
import * as officialModule from "@mastra/client-js";
import * as ourModule from "fermata/client";
import { describe, expect, test } from "vitest";
import { argumentsOf, methodsOf, Recorder, RESOURCES } from "./official.ts";

const official = new Recorder(officialModule.MastraClient);
const ours = new Recorder(ourModule.MastraClient);

describe.each(Object.entries(RESOURCES))("%s", async (_name, find) => {
  const theirs = (await find(official.client)) as Record<string, (...args: unknown[]) => unknown>;
  const own = (await find(ours.client)) as typeof theirs;

  test.each(methodsOf(theirs))("%s", async (name) => {
    const args = argumentsOf(theirs[name] ?? (() => undefined));
    const expected = await official.firstOf(() => theirs[name]?.(...args));
    expect(typeof own[name], "the method is there").toBe("function");
    expect(await ours.firstOf(() => own[name]?.(...args))).toBe(expected);
  });
});

test("what the official client exports is exported here, but for a class that is a type here and helpers of routes that are not there", () => {
  const missing = Object.keys(officialModule).filter((name) => !(name in ourModule));
  expect(missing).toEqual(["ClientTool", "agentControllerMessageText", "isKnownAgentControllerEvent"]);
});
