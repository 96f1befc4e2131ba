/** The AI SDK's providers for OpenAI and for Open Responses, pointed at the server. */
import { createOpenResponses } from "@ai-sdk/open-responses";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, stepCountIs, streamText, tool } from "ai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { isPeer, startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

const openai = () => createOpenAI({ baseURL: `${server.url}/v1`, apiKey: "none" });
const models = {
  "openai.chat": (agent: string) => openai().chat(agent),
  "openai.responses": (agent: string) => openai().responses(agent),
  "open-responses": (agent: string) => createOpenResponses({ name: "local", url: `${server.url}/v1/responses` })(agent),
} as const;
/** Nothing is stored for these callers, so nothing can be referred to by its id. */
const providerOptions = { openai: { store: false } };
const tools = {
  getTime: tool({ description: "The time", inputSchema: z.object({ zone: z.string() }), execute: async ({ zone }) => `12:00 ${zone}` }),
};

describe.skipIf(isPeer).each(Object.entries(models))("%s", (_name, modelOf) => {
  test("answers", async () => {
    const { text, finishReason, usage } = await generateText({ model: modelOf("plainAgent"), prompt: "hello", providerOptions });
    expect({ text, finishReason }).toEqual({ text: "Echo: hello", finishReason: "stop" });
    expect(usage).toMatchObject({ inputTokens: 10, outputTokens: 2 });
  });

  test("streams", async () => {
    const { textStream } = streamText({ model: modelOf("plainAgent"), prompt: "hello world", providerOptions });
    expect((await Array.fromAsync(textStream)).join("")).toBe("Echo: hello world");
  });

  test("runs the caller's tool and goes on", async () => {
    const { text, steps } = await generateText({
      model: modelOf("plainAgent"),
      prompt: "client time",
      tools,
      stopWhen: stepCountIs(3),
      providerOptions,
    });
    expect(text).toBe('Tool getTime said "12:00 UTC"');
    expect(steps).toHaveLength(2);
  });

  test("runs the caller's tool in a stream and goes on", async () => {
    const result = streamText({ model: modelOf("plainAgent"), prompt: "client time", tools, stopWhen: stepCountIs(3), providerOptions });
    await result.consumeStream();
    expect(await result.text).toBe('Tool getTime said "12:00 UTC"');
  });

  test("leaves the agent's own tools to the server", async () => {
    const { text, steps } = await generateText({
      model: modelOf("toolAgent"),
      prompt: "weather",
      tools,
      stopWhen: stepCountIs(3),
      providerOptions,
    });
    expect(text).toBe('Tool weatherTool said {"city":"Paris","tempC":21}');
    expect(steps).toHaveLength(1);
  });
});

test.skipIf(isPeer)(
  "where nothing is said about storing, an agent with a memory keeps the response, and its items can be referred to",
  async () => {
    const { text, steps } = await generateText({
      model: openai().responses("toolAgent"),
      prompt: "client time",
      tools,
      stopWhen: stepCountIs(3),
    });
    expect(text).toBe('Tool getTime said "12:00 UTC"');
    expect(steps).toHaveLength(2);
  },
);
