import { expect, test } from "vitest";
import { faultsOf, hindrancesOf, isOlder, type Package, type Release } from "./release-rules.ts";

const fit: Package = {
  name: "a",
  version: "0.2.0",
  repository: "https://example.com/a",
  publishConfig: { provenance: true },
  published: "0.1.9",
};
const release = (change: Partial<Release>, one: Partial<Package> = {}): Release => ({
  version: "0.2.0",
  changelog: "# Changelog\n\n## 0.2.0 (2026-11-24)\n",
  changes: "",
  packages: [{ ...fit, ...one }],
  ...change,
});

test("a repository that is ready has no faults, and CI may publish it", () => {
  expect(faultsOf(release({}))).toEqual([]);
  expect(hindrancesOf(release({}), true)).toEqual([]);
});

test.each<[Release, string]>([
  [release({}, { version: "0.1.0" }), "a has version 0.1.0"],
  [release({}, { publishConfig: {} }), "a is not published with provenance"],
  [release({ changelog: "## 0.2.01\n" }), 'CHANGELOG.md has no "## 0.2.0"'],
  [release({ changes: " M a.ts" }), "the working tree has changes"],
])("fault %#: %s", (state, fault) => {
  expect(faultsOf(state)).toEqual([fault]);
});

test.each<[Release, boolean, string]>([
  [release({}, { published: "0.11.1" }), true, "the registry has a@0.11.1, which is not older: is the name ours?"],
  [release({}, { repository: undefined }), true, "a names no repository, which provenance needs"],
  [release({}), false, "only CI publishes"],
])("hindrance %#", (state, isCi, hindrance) => {
  expect(hindrancesOf(state, isCi)).toEqual([hindrance]);
});

test.each([
  ["0.9.0", "0.10.0", true],
  ["0.10.0", "0.9.0", false],
  ["1.0.0-rc.1", "1.0.0", true],
  ["1.0.0", "1.0.0", false],
  ["1.0.0", "1.0.0-rc.1", false],
])("%s is older than %s: %s", (version, other, expected) => {
  expect(isOlder(version, other)).toBe(expected);
});
