import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { callParts, chunksOf, payloads, turnModel, typesOf, type Turn, type TurnModel } from "../../test/support/turn-model.ts";
import { textParts } from "../../test/support/scripted-model.ts";
import type { AgentChunk } from "./chunks.ts";
import { createTool } from "../tools/index.ts";
import { Agent } from "./agent.ts";

const zod = z.object({ city: z.string(), temp: z.number() });
const json = { type: "object", properties: { city: { type: "string" }, temp: { type: "number" } }, required: ["city", "temp"] };
const handMade: StandardSchemaV1<unknown, { city: string }> & { "~standard": { jsonSchema: unknown } } = {
  "~standard": {
    version: 1,
    vendor: "by-hand",
    validate: async (value) =>
      typeof value === "object" && value !== null && "city" in value
        ? { value: { city: String(value.city) } }
        : { issues: [{ message: "no city", path: ["city"] }] },
    jsonSchema: { input: () => json, output: () => json },
  },
};
const GOOD = '{"city":"Paris","temp":21}';
const BAD = '{"city":"Paris"}';

function agent(model: TurnModel): Agent {
  return new Agent({
    id: "a",
    name: "A",
    instructions: "Be brief.",
    model,
    tools: { free: createTool({ id: "free", description: "f", execute: () => 1 }) },
  });
}

function objects(chunks: readonly AgentChunk[], type: "object" | "object-result"): unknown[] {
  return chunks.flatMap((chunk) => (chunk.type === type && "object" in chunk ? [chunk.object] : []));
}

test.each<[string, typeof json | typeof zod | typeof handMade, unknown]>([
  ["a JSON Schema", json, { city: "Paris", temp: 21 }],
  ["Zod", zod, { city: "Paris", temp: 21 }],
  ["a Standard Schema made by hand", handMade, { city: "Paris" }],
])("data by %s, in both forms", async (_what, schema, expected) => {
  expect((await agent(turnModel(GOOD)).generate("hi", { structuredOutput: { schema } })).object).toEqual(expected);
  expect(await (await agent(turnModel(GOOD)).stream("hi", { structuredOutput: { schema } })).object).toEqual(expected);
});

test("a Standard Schema that has no JSON Schema is refused with what to do", async () => {
  const schema: StandardSchemaV1 = { "~standard": { version: 1, vendor: "odd", validate: (value) => ({ value }) } };
  await expect(agent(turnModel(GOOD)).generate("hi", { structuredOutput: { schema } })).rejects.toMatchObject({
    code: "MISCONFIGURED",
    message: expect.stringContaining("odd"),
  });
});

test.each([
  ["a fence", `\`\`\`json\n${GOOD}\n\`\`\``],
  ["a fence without a language", `\`\`\`\n${GOOD}\`\`\``],
  ["a fence after an introduction", `Here you are:\n\`\`\`json\n${GOOD}\n\`\`\`\nGood luck!`],
  ["white space", `\n ${GOOD} \n`],
])("%s around the data is taken off", async (_what, text) => {
  expect((await agent(turnModel(text)).generate("hi", { structuredOutput: { schema: zod } })).object).toEqual({ city: "Paris", temp: 21 });
});

test("a fence inside the data stays", async () => {
  const schema = z.object({ code: z.string() });
  const value = { code: "```js\n1\n```" };
  expect((await agent(turnModel(JSON.stringify(value))).generate("hi", { structuredOutput: { schema } })).object).toEqual(value);
});

describe("the stream", () => {
  const pieces = ["{", '"city":"Pa', 'ris","te', 'mp":2', "1}"];

  test("object chunks stand between the deltas, object-result before step-finish, and the data in finish", async () => {
    const chunks = await chunksOf(await agent(turnModel(textParts(...pieces))).stream("hi", { structuredOutput: { schema: zod } }));
    const types = typesOf(chunks).slice(3);
    expect(types).toEqual([
      "object",
      "text-delta",
      "object",
      "text-delta",
      "object",
      "text-delta",
      "object",
      "text-delta",
      "object",
      "text-delta",
      "text-end",
      "object-result",
      "step-finish",
      "finish",
    ]);
    expect(objects(chunks, "object")).toEqual([
      {},
      { city: "Pa" },
      { city: "Paris" },
      { city: "Paris", temp: 2 },
      { city: "Paris", temp: 21 },
    ]);
    expect(payloads(chunks, "finish")[0]?.output.object).toEqual({ city: "Paris", temp: 21 });
  });

  test("objectStream shows the same and ends with the whole", async () => {
    const stream = await agent(turnModel(textParts(...pieces))).stream("hi", { structuredOutput: { schema: zod } });
    expect((await Array.fromAsync(stream.objectStream)).at(-1)).toEqual({ city: "Paris", temp: 21 });
  });
});

describe("an answer that does not fit", () => {
  const run = (errorStrategy?: "strict" | "warn" | "fallback") =>
    agent(turnModel(BAD)).stream("hi", {
      structuredOutput: { schema: zod, ...(errorStrategy && { errorStrategy }), fallbackValue: { city: "?", temp: 0 } },
    });

  test("fails by default: an error chunk, then step-finish and finish with reason error", async () => {
    const stream = await run();
    const chunks = await chunksOf(stream);
    expect(typesOf(chunks).slice(-3)).toEqual(["error", "step-finish", "finish"]);
    expect(payloads(chunks, "error")[0]?.error).toMatchObject({ code: "STRUCTURED_OUTPUT_SCHEMA_VALIDATION_FAILED" });
    expect(payloads(chunks, "finish")[0]?.stepResult.reason).toBe("error");
    await expect(stream.object).rejects.toMatchObject({
      code: "STRUCTURED_OUTPUT_SCHEMA_VALIDATION_FAILED",
      message: expect.stringContaining("temp"),
    });
  });

  test("warn: the text without data", async () => {
    const result = await (await run("warn")).getFullOutput();
    expect(result).toMatchObject({ text: BAD, finishReason: "stop", usedFallbackValue: false });
    expect("object" in result).toBe(false);
  });

  test("fallback: the value that was given", async () => {
    expect(await (await run("fallback")).getFullOutput()).toMatchObject({
      object: { city: "?", temp: 0 },
      usedFallbackValue: true,
      finishReason: "stop",
    });
  });

  test("text that is no JSON does not fit either", async () => {
    await expect(agent(turnModel("Paris")).generate("hi", { structuredOutput: { schema: zod } })).rejects.toMatchObject({
      code: "STRUCTURED_OUTPUT_SCHEMA_VALIDATION_FAILED",
    });
  });
});

describe("how the model is told", () => {
  const asked = async (jsonPromptInjection: boolean | "system" | "inline" | "auto" | undefined, model = turnModel(GOOD)) => {
    await agent(model).generate("hi", {
      structuredOutput: { schema: zod, ...(jsonPromptInjection !== undefined && { jsonPromptInjection }) },
    });
    const [call] = model.calls;
    return { native: call?.responseFormat?.type === "json", injected: JSON.stringify(call?.prompt).includes("JSON schema") };
  };

  test("natively where nothing is said", async () => expect(await asked(undefined)).toEqual({ native: true, injected: false }));
  test("in the prompt where that is asked for", async () => expect(await asked(true)).toEqual({ native: false, injected: true }));
  test("in the prompt where the model says that it cannot", async () => {
    expect(await asked(undefined, Object.assign(turnModel(GOOD), { supportsStructuredOutputs: false }))).toEqual({
      native: false,
      injected: true,
    });
  });
});

test("after tools, the last answer is the data", async () => {
  const model = turnModel(callParts(["free"]), GOOD);
  const chunks = await chunksOf(await agent(model).stream("hi", { structuredOutput: { schema: zod } }));
  expect(objects(chunks, "object-result")).toEqual([{ city: "Paris", temp: 21 }]);
});

describe("a second model", () => {
  const second = (turn: Turn): TurnModel => turnModel(turn);

  test("writes the data from the first one's text", async () => {
    const writer = second(GOOD);
    const model = turnModel(callParts(["free"]), "It is 21 in Paris.");
    const result = await agent(model).generate("hi", { structuredOutput: { schema: zod, model: writer, instructions: "Metric." } });
    expect(result).toMatchObject({ text: "It is 21 in Paris.", object: { city: "Paris", temp: 21 } });
    expect(model.calls[1]?.responseFormat).toBeUndefined();
    expect(JSON.stringify(writer.calls[0]?.prompt)).toMatch(/Metric\..*It is 21 in Paris\./);
  });

  test("that fails is treated as an answer that does not fit", async () => {
    const broken = second(() => Promise.reject(new Error("x")));
    const options = {
      structuredOutput: { schema: zod, model: broken, errorStrategy: "fallback" as const, fallbackValue: { city: "?", temp: 0 } },
    };
    expect((await agent(turnModel("text")).generate("hi", options)).usedFallbackValue).toBe(true);
  });
});
