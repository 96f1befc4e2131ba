import { describe, expect, it } from "vitest";
import { findTextFaults } from "./text-rules.ts";

const slash = (...parts: string[]): string => `/${parts.join("/")}`;

function faultsOf(text: string, others: Record<string, string> = {}): string[] {
  const files = Object.entries({ "docs/page.md": text, ...others }).map(([path, content]) => ({ path, text: content }));
  return findTextFaults(files, (path) => files.some((file) => file.path === path)).map(({ message }) => message);
}

describe("paths of one machine", () => {
  it.each([
    slash("home", "ada", "app"),
    slash("Users", "ada", "app"),
    slash("root", "app"),
    slash("work", "main"),
    "C:".concat("\\Users\\ada"),
  ])("%s is a fault", (path) => {
    expect(faultsOf(`see ${path}`)).toHaveLength(1);
  });

  it.each(["/api/agents", "https://example.org/home/ada/", "/homework", "../work/app", "/tmp/x", "packages/root/a"])(
    "%s is none",
    (path) => {
      expect(faultsOf(`see ${path}`)).toEqual([]);
    },
  );
});

describe("links", () => {
  it("to a missing file are faults", () => {
    expect(faultsOf("[a](./missing.md)")).toEqual(["the link to ./missing.md leads to no file"]);
  });

  it("to a missing heading are faults", () => {
    expect(faultsOf("[a](other.md#nothing)", { "docs/other.md": "# Something" })).toEqual([
      "the link to other.md#nothing leads to no heading",
    ]);
  });

  it("to a heading of another page, of this page and of the web are fine", () => {
    const text = "# Here `now`\n[a](other.md#what-is-it) [b](#here-now) [c](https://example.org/x#y)";
    expect(faultsOf(text, { "docs/other.md": "## What is it?" })).toEqual([]);
  });

  it("inside code are not links", () => {
    expect(faultsOf("`[a](missing.md)`\n\n```md\n[a](missing.md)\n```\n")).toEqual([]);
  });
});
