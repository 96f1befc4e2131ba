import { expect, test } from "vitest";
import { CASES, type Reply } from "./cases.ts";
import { FLOW_CASES } from "./flow-cases.ts";
import { STORE_CASES } from "./store-cases.ts";
import { STREAMED_DELTAS } from "./model.js";

const stream = CASES.find(({ id }) => id === "stream");
const event = (type: string, payload: object = {}) => `data: ${JSON.stringify({ type, runId: "r", from: "AGENT", payload })}\n\n`;
const deltas = STREAMED_DELTAS.map((text) => event("text-delta", { id: "t", text }));
const begin = event("start") + event("step-start") + event("text-start");
const end = event("text-end") + event("finish");
const reply = (body: string): Reply => ({ status: 200, contentType: "text/event-stream", body });

test("a whole stream passes both checks", () => {
  const whole = reply(`${begin}${deltas.join("")}${end}data: [DONE]\n\n`);
  expect([stream?.check(whole), stream?.inspect(whole)]).toEqual([undefined, undefined]);
});

test("a stream without its end marker is wrong", () => {
  expect(stream?.check(reply(begin + deltas.join("") + end))).toContain("the stream ends with");
});

test("a stream that lost a delta is wrong", () => {
  expect(stream?.check(reply(`${begin}${deltas.slice(1).join("")}${end}data: [DONE]\n\n`))).toBe("199 text deltas instead of 200");
});

test("a stream whose deltas are out of order is wrong", () => {
  expect(stream?.inspect(reply(`${begin}${deltas.toReversed().join("")}${end}data: [DONE]\n\n`))).toBe("the deltas are wrong");
});

test.each([...CASES, ...STORE_CASES, ...FLOW_CASES])('an error reply to "$title" is wrong', ({ check }) => {
  expect(check({ status: 500, contentType: "application/json", body: "{}" })).toBe("status 500: {}");
});
