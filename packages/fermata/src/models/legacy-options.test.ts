import { expect, test } from "vitest";
import { ASK } from "../../test/support/call-parts.ts";
import { toLegacyOptions } from "./legacy-options.ts";
import type { ModelCallOptions } from "./types.ts";

const bytes = Uint8Array.of(1, 2, 3);
const result = (output: object): object => ({ role: "tool", content: [{ type: "tool-result", toolCallId: "a", toolName: "x", output }] });
const withPrompt = (...prompt: object[]): ModelCallOptions => ({ prompt: prompt as ModelCallOptions["prompt"] });

test("options without anything that differs are handed on as they are", () => {
  expect(toLegacyOptions(ASK, "v2")).toBe(ASK);
});
test("files hold their bytes or address themselves", () => {
  const file = (data: unknown): object => ({ role: "user", content: [{ type: "file", mediaType: "image/png", data }] });
  const url = new URL("https://example.org/a.png");
  const given = withPrompt(file({ type: "data", data: bytes }), file({ type: "url", url }), file("AQID"));
  expect(toLegacyOptions(given, "v3").prompt).toEqual([file(bytes), file(url), file("AQID")]);
});
test("a denied call is an error text for v2 and stays for v3", () => {
  const denied = withPrompt(result({ type: "execution-denied", reason: "No." }));
  expect(toLegacyOptions(denied, "v2").prompt).toEqual([result({ type: "error-text", value: "No." })]);
  expect(toLegacyOptions(denied, "v3")).toBe(denied);
});
test("files in tool results have the name of each version", () => {
  const given = withPrompt(
    result({
      type: "content",
      value: [
        { type: "text", text: "t" },
        { type: "file", mediaType: "image/png", data: { type: "data", data: bytes } },
      ],
    }),
  );
  const expected = (type: string): object[] => [
    result({
      type: "content",
      value: [
        { type: "text", text: "t" },
        { type, mediaType: "image/png", data: "AQID" },
      ],
    }),
  ];
  expect(toLegacyOptions(given, "v2").prompt).toEqual(expected("media"));
  expect(toLegacyOptions(given, "v3").prompt).toEqual(expected("file-data"));
});
test("provider tools have v2's name", () => {
  const tool = { type: "provider", id: "a.b", name: "b", args: {} } as const;
  expect(toLegacyOptions({ ...ASK, tools: [tool] }, "v2").tools).toEqual([{ ...tool, type: "provider-defined" }]);
});
