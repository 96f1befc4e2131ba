import { expect, test } from "vitest";
import type { AgentChunk } from "../../src/agents/chunks.ts";
import { codeWords, section } from "./pages.ts";

/** Every type there is: one that is missing or too many does not compile. */
const TYPES = Object.keys({
  start: true,
  "step-start": true,
  "text-start": true,
  "text-delta": true,
  "text-end": true,
  "reasoning-start": true,
  "reasoning-delta": true,
  "reasoning-end": true,
  source: true,
  file: true,
  "tool-call-input-streaming-start": true,
  "tool-call-delta": true,
  "tool-call-input-streaming-end": true,
  "tool-call": true,
  "tool-result": true,
  "tool-error": true,
  "tool-output": true,
  "tool-call-approval": true,
  "tool-call-suspended": true,
  "tool-output-denied": true,
  object: true,
  "object-result": true,
  error: true,
  tripwire: true,
  abort: true,
  "step-finish": true,
  finish: true,
  raw: true,
} satisfies Record<Exclude<AgentChunk["type"], `data-${string}`>, true>);

test("docs/streams.md lists every chunk type, and no other", () => {
  const rows = section("docs/streams.md", "Chunks").match(/^\| `.*$/gm) ?? [];
  const listed = rows.flatMap((row) => codeWords(row.split("|")[1] ?? ""));
  expect(listed.filter((type) => type !== "data-…").sort()).toEqual([...TYPES].sort());
});
