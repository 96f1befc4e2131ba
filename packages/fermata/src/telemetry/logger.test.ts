import { describe, expect, test } from "vitest";
import { createLogger, silentLogger, withFields, withPlainErrors, type ConsoleLoggerOptions } from "./logger.ts";

function lines(options: ConsoleLoggerOptions, use: (logger: ReturnType<typeof createLogger>) => void): string[] {
  const written: string[] = [];
  use(createLogger({ ...options, write: (line) => written.push(line) }));
  return written;
}

test("lines below the level are not written", () => {
  const written = lines({ level: "warn", format: "json" }, (logger) => {
    for (const level of ["debug", "info", "warn", "error"] as const) logger[level](level);
  });
  expect(written.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(["warn", "error"]);
});

test("one JSON object a line, with the fields beside the message", () => {
  const [line = ""] = lines({ format: "json" }, (logger) => logger.info("Hello\nworld", { runId: "r", nothing: undefined }));
  expect(line).not.toContain("\n");
  expect(JSON.parse(line)).toEqual({ time: expect.any(String), level: "info", message: "Hello\nworld", runId: "r" });
});

test("errors with their stack and causes", () => {
  const error = new Error("outer", { cause: new Error("inner") });
  const [line = ""] = lines({ format: "json" }, (logger) => logger.error("x", { error }));
  expect(line).toMatch(/outer.*caused by: Error: inner/);
});

const loop: Record<string, unknown> = {};
loop.self = loop;

describe.each(["json", "text"] as const)("as %s", (format) => {
  test.each([
    ["a cycle", loop],
    ["a BigInt", { n: 1n }],
    ["a symbol", Symbol("x")],
    [
      "a value that cannot be written",
      {
        toJSON: () => {
          throw new Error("no");
        },
      },
    ],
  ])("%s is no reason to throw", (_what, value) => {
    expect(lines({ format }, (logger) => logger.warn("x", { value }))).toHaveLength(1);
  });
});

test("as text, a value cannot look like a line of its own", () => {
  const [line = ""] = lines({ format: "text" }, (logger) => logger.info("x", { runId: "r\n12:00:00.000 ERROR forged" }));
  expect(line).not.toContain("\n");
});

test("withFields adds to every line, and silence stays silent", () => {
  const [line = ""] = lines({ format: "json" }, (logger) => withFields(logger, { requestId: "q" }).info("x", { runId: "r" }));
  expect(JSON.parse(line)).toMatchObject({ requestId: "q", runId: "r" });
  expect(withFields(silentLogger(), { a: 1 })).toBe(silentLogger());
});

test("a logger of the app's own gets errors without the request bodies that providers hang on them", () => {
  const seen: unknown[] = [];
  const keep = (_message: string, fields?: unknown): void => void seen.push(fields);
  const provider = Object.assign(new Error("429"), {
    code: "RATE",
    requestBodyValues: { prompt: "SECRET" },
    responseHeaders: { key: "SECRET" },
  });
  withPlainErrors({ debug: keep, info: keep, warn: keep, error: keep }).warn("Run failed", {
    error: new Error("The model failed.", { cause: provider }),
  });
  const [{ error }] = seen as [{ error: Error & { cause: Error & { code: string } } }];
  expect({ message: error.message, cause: error.cause.message, code: error.cause.code, members: Object.keys(error.cause) }).toEqual({
    message: "The model failed.",
    cause: "429",
    code: "RATE",
    members: expect.not.arrayContaining(["requestBodyValues", "responseHeaders"]),
  });
});
