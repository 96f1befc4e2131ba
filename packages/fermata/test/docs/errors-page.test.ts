import { expect, test } from "vitest";
import { ERROR_STATUS } from "../../src/errors.ts";
import { readPage } from "./pages.ts";

const sections = readPage("docs/errors.md")
  .split(/^### /m)
  .slice(1)
  .map((text) => ({ code: text.split("\n", 1)[0] ?? "", text }));

test("docs/errors.md has a section for every error code, and for nothing else", () => {
  expect(sections.map(({ code }) => code).sort()).toEqual(Object.keys(ERROR_STATUS).sort());
});

test.each(Object.entries(ERROR_STATUS))("docs/errors.md gives the status of %s", (code, status) => {
  expect(sections.find((section) => section.code === code)?.text).toContain(`Status ${status}.`);
});
