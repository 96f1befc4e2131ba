import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelMessage } from "../../models/types.ts";
import { toModelMessages, withoutOpenCalls } from "./to-model.ts";
import { toStoredMessages } from "./to-stored.ts";

/** Model messages without the times that the loop adds. */
function bare(messages: readonly ModelMessage[]): unknown {
  return JSON.parse(
    JSON.stringify(messages, (key, value: unknown) =>
      key === "providerOptions" && JSON.stringify(value).startsWith('{"mastra"') ? undefined : value,
    ),
  );
}

const model = (input: unknown): unknown => bare(toModelMessages(input, 0));
const user = (...content: unknown[]): unknown => ({ role: "user", content });
const text = (words: string): unknown => ({ type: "text", text: words });
const call = { type: "tool-call", toolCallId: "1", toolName: "weather", input: { city: "Paris" } };
const result = { type: "tool-result", toolCallId: "1", toolName: "weather", output: { type: "json", value: { temp: 21 } } };
const told = [
  { role: "assistant", content: [text("Let me see."), call] },
  { role: "tool", content: [result] },
  { role: "assistant", content: [text("21.")] },
];

test.each<[string, unknown, unknown]>([
  ["a text", "hi", [user(text("hi"))]],
  ["texts", ["hi", "there"], [user(text("hi")), user(text("there"))]],
  ["a message with a text", [{ role: "user", content: "hi" }], [user(text("hi"))]],
  ["a message with parts", [user(text("hi"))], [user(text("hi"))]],
  [
    "system and developer messages",
    [
      { role: "system", content: "A" },
      { role: "developer", content: [text("B")] },
    ],
    [
      { role: "system", content: "A" },
      { role: "system", content: "B" },
    ],
  ],
  ["model messages with tools", told, told],
  [
    "messages of AI SDK 4 with tools",
    [
      {
        role: "assistant",
        content: [text("Let me see."), { type: "tool-call", toolCallId: "1", toolName: "weather", args: { city: "Paris" } }],
      },
      { role: "tool", content: [{ type: "tool-result", toolCallId: "1", toolName: "weather", result: { temp: 21 } }] },
    ],
    told.slice(0, 2),
  ],
  [
    "a UI message of AI SDK 4 with toolInvocations",
    [
      {
        id: "m",
        role: "assistant",
        content: "Let me see.",
        toolInvocations: [{ state: "result", toolCallId: "1", toolName: "weather", args: { city: "Paris" }, result: { temp: 21 } }],
      },
    ],
    told.slice(0, 2),
  ],
  [
    "a UI message of AI SDK 4 with parts",
    [
      {
        id: "m",
        role: "assistant",
        content: "21.",
        parts: [
          text("Let me see."),
          {
            type: "tool-invocation",
            toolInvocation: { state: "result", toolCallId: "1", toolName: "weather", args: { city: "Paris" }, result: { temp: 21 } },
          },
          { type: "step-start" },
          text("21."),
        ],
      },
    ],
    told,
  ],
  [
    "a UI message of AI SDK 5",
    [
      {
        id: "m",
        role: "assistant",
        parts: [
          { type: "step-start" },
          text("Let me see."),
          { type: "tool-weather", toolCallId: "1", state: "output-available", input: { city: "Paris" }, output: { temp: 21 } },
          { type: "step-start" },
          text("21."),
        ],
      },
    ],
    told,
  ],
  [
    "a dynamic tool of AI SDK 5",
    [
      {
        id: "m",
        role: "assistant",
        parts: [
          {
            type: "dynamic-tool",
            toolName: "weather",
            toolCallId: "1",
            state: "output-error",
            input: { city: "Paris" },
            errorText: "no net",
          },
        ],
      },
    ],
    [
      { role: "assistant", content: [call] },
      { role: "tool", content: [{ ...result, output: { type: "error-text", value: "no net" } }] },
    ],
  ],
  [
    "a stored message",
    [
      {
        id: "m",
        role: "assistant",
        createdAt: "2026-01-01T00:00:00.000Z",
        content: {
          format: 2,
          parts: [
            text("Let me see."),
            {
              type: "tool-invocation",
              toolInvocation: { state: "result", toolCallId: "1", toolName: "weather", args: { city: "Paris" }, result: { temp: 21 } },
            },
            { type: "step-start" },
            text("21."),
          ],
        },
      },
    ],
    told,
  ],
  [
    "a stored message of the first version",
    [{ id: "m", role: "user", createdAt: new Date(0), type: "text", content: "hi" }],
    [user(text("hi"))],
  ],
  [
    "a stored message whose text stands beside its parts",
    [{ id: "m", role: "user", content: { format: 2, parts: [], content: "hi" } }],
    [user(text("hi"))],
  ],
  [
    "reasoning",
    [{ role: "assistant", content: [{ type: "reasoning", text: "hm", providerOptions: { p: { signature: "s" } } }, text("ok")] }],
    [{ role: "assistant", content: [{ type: "reasoning", text: "hm", providerOptions: { p: { signature: "s" } } }, text("ok")] }],
  ],
  ["parts for people alone", [{ role: "user", parts: [{ type: "data-click", data: 1 }] }, user(text("hi"))], [user(text("hi"))]],
])("%s", (_what, input, expected) => {
  expect(model(input)).toEqual(expected);
});

const PNG = "iVBORw0KGgo=";
test.each<[string, unknown, unknown]>([
  ["a data URL", { type: "image", image: `data:image/png;base64,${PNG}` }, { mediaType: "image/png", data: { type: "data", data: PNG } }],
  [
    "a URL as text",
    { type: "image", image: "https://example.com/a.png" },
    { mediaType: "image/*", data: { type: "url", url: "https://example.com/a.png" } },
  ],
  [
    "a URL",
    { type: "file", data: new URL("https://example.com/a.pdf"), mediaType: "application/pdf" },
    { mediaType: "application/pdf", data: { type: "url", url: "https://example.com/a.pdf" } },
  ],
  [
    "base64",
    { type: "file", data: PNG, mimeType: "image/png", filename: "a.png" },
    { mediaType: "image/png", filename: "a.png", data: { type: "data", data: PNG } },
  ],
  [
    "a UI file",
    { type: "file", url: `data:text/plain;base64,aGk=`, mediaType: "text/plain" },
    { mediaType: "text/plain", data: { type: "data", data: "aGk=" } },
  ],
  [
    "the newest form",
    { type: "file", data: { type: "text", text: "hi" }, mediaType: "text/plain" },
    { mediaType: "text/plain", data: { type: "text", text: "hi" } },
  ],
])("a file given as %s", (_what, part, expected) => {
  expect(model([user(part)])).toEqual([user({ type: "file", ...(expected as object) })]);
});

test.each([
  ["bytes", new Uint8Array([1, 2])],
  ["a Buffer", Buffer.from([1, 2])],
  ["an ArrayBuffer", new Uint8Array([1, 2]).buffer],
])("a file given as %s", (_what, data) => {
  const [message] = toModelMessages([{ role: "user", content: [{ type: "file", data, mediaType: "a/b" }] }], 0);
  const part = message?.role === "user" ? message.content[0] : undefined;
  expect(part?.type === "file" && part.data.type === "data" ? [...(part.data.data as Uint8Array)] : undefined).toEqual([1, 2]);
});

test("the attachments of an AI SDK 4 message", () => {
  const message = {
    role: "user",
    content: "look",
    experimental_attachments: [{ name: "a.png", contentType: "image/png", url: `data:image/png;base64,${PNG}` }],
  };
  expect(model([message])).toEqual([
    user(text("look"), { type: "file", mediaType: "image/png", filename: "a.png", data: { type: "data", data: PNG } }),
  ]);
});

test.each<[string, unknown]>([
  ["a number", 5],
  ["nothing", null],
  ["an unknown role", { role: "wizard", content: "x" }],
  ["no role", { content: "x" }],
  ["a user without content", { role: "user" }],
  ["an assistant without content", { role: "assistant" }],
  ["a system message that is a number", { role: "system", content: 5 }],
  ["a part that is no object", { role: "user", content: ["x"] }],
  ["an assistant's part that is no object", { role: "assistant", content: [null] }],
  ["a text part without text", { role: "user", content: [{ type: "text" }] }],
  ["an assistant's text part without text", { role: "assistant", content: [{ type: "text", text: 5 }] }],
  ["a file without data", { role: "user", content: [{ type: "file", mediaType: "a/b" }] }],
  ["an assistant's file without data", { role: "assistant", content: [{ type: "file", mediaType: "a/b" }] }],
  ["a tool call without id", { role: "assistant", content: [{ type: "tool-call", toolName: "x" }] }],
  ["a tool result without id", { role: "tool", content: [{ type: "tool-result", toolName: "x", output: 1 }] }],
  ["a tool message that is a text", { role: "tool", content: "21" }],
])("%s is refused with the message's index", (_what, message) => {
  expect(() => toModelMessages(["fine", message], 0)).toThrow(
    expect.objectContaining({ code: "VALIDATION_FAILED", message: expect.stringContaining("messages[1]") }),
  );
});

test("whatever comes in, it is understood or refused", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.anything(),
          fc.record(
            { role: fc.constantFrom("user", "assistant", "tool", "system"), content: fc.anything(), parts: fc.anything() },
            { requiredKeys: ["role"] },
          ),
        ),
      ),
      (input) => {
        try {
          toModelMessages(input, 0);
        } catch (error) {
          expect(error).toMatchObject({ code: "VALIDATION_FAILED" });
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

describe("calls that nobody has answered", () => {
  test("are left out, with a message that holds nothing else", () => {
    const open = { ...call, toolCallId: "2" };
    const messages = toModelMessages(
      [
        { role: "assistant", content: [text("a"), call, open] },
        { role: "tool", content: [result] },
        { role: "assistant", content: [open] },
      ],
      0,
    );
    expect(bare(withoutOpenCalls(messages))).toEqual([
      { role: "assistant", content: [text("a"), call] },
      { role: "tool", content: [result] },
    ]);
  });

  test("stay when the provider runs them itself", () => {
    const messages = toModelMessages([{ role: "assistant", content: [{ ...call, providerExecuted: true }] }], 0);
    expect(withoutOpenCalls(messages)).toEqual(messages);
  });
});

describe("stored and back", () => {
  const there = (messages: unknown): unknown =>
    bare(toModelMessages(JSON.parse(JSON.stringify(toStoredMessages(toModelMessages(messages, 0), { createdAt: 0 }))), 0));

  test.each<[string, unknown]>([
    ["text, calls and results in their order", [user(text("hi")), ...told]],
    [
      "two calls in one step",
      [
        { role: "assistant", content: [call, { ...call, toolCallId: "2" }] },
        { role: "tool", content: [result, { ...result, toolCallId: "2" }] },
      ],
    ],
    [
      "a failed call",
      [
        { role: "assistant", content: [call] },
        { role: "tool", content: [{ ...result, output: { type: "error-text", value: "no" } }] },
      ],
    ],
    [
      "a denied call",
      [
        { role: "assistant", content: [call] },
        { role: "tool", content: [{ ...result, output: { type: "execution-denied", reason: "no" } }] },
      ],
    ],
    [
      "a result of several parts",
      [
        { role: "assistant", content: [call] },
        { role: "tool", content: [{ ...result, output: { type: "content", value: [{ type: "text", text: "x" }] } }] },
      ],
    ],
    ["a call that the provider ran", [{ role: "assistant", content: [{ ...call, providerExecuted: true }, result, text("21.")] }]],
    [
      "files",
      [
        user(
          text("look"),
          { type: "file", mediaType: "image/png", filename: "a.png", data: { type: "data", data: PNG } },
          { type: "file", mediaType: "image/png", data: { type: "url", url: "https://example.com/a.png" } },
        ),
      ],
    ],
    ["system messages", [{ role: "system", content: "A" }]],
  ])("%s stay what they are", (_what, messages) => {
    expect(there(messages)).toEqual(messages);
  });
});
