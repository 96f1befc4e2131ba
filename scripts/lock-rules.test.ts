import { expect, it } from "vitest";
import { findLockFaults, missingOptional, platformOf } from "./lock-rules.ts";

it("a lockfile with entries for all that is wanted has no faults", () => {
  const lock = {
    packages: {
      "": {},
      "node_modules/tool": { version: "1.0.0", optionalDependencies: { "@tool/darwin-x64": "1.0.0" } },
      "node_modules/@tool/darwin-x64": { version: "1.0.0" },
    },
  };
  expect(findLockFaults(lock, {})).toEqual([]);
});

it("an optional package without an entry is a fault", () => {
  const lock = { packages: { "node_modules/tool": { dev: true, optionalDependencies: { "@tool/darwin-x64": "1.0.0" } } } };
  expect(missingOptional(lock)).toEqual([{ name: "@tool/darwin-x64", version: "1.0.0", dev: true }]);
  expect(findLockFaults(lock, {})).toHaveLength(1);
});

it("an optional package that lies beside the one that wants it is found", () => {
  const lock = {
    packages: {
      "node_modules/a/node_modules/tool": { optionalDependencies: { "@tool/darwin-x64": "1.0.0" } },
      "node_modules/a/node_modules/@tool/darwin-x64": { version: "1.0.0" },
    },
  };
  expect(missingOptional(lock)).toEqual([]);
});

it("a download address is a fault", () => {
  expect(findLockFaults({ packages: { "node_modules/a": { resolved: "https://example.org/a.tgz" } } }, {})).toHaveLength(1);
});

it("an install script is a fault until it is approved", () => {
  const lock = { packages: { "node_modules/a": { hasInstallScript: true } } };
  expect(findLockFaults(lock, {})).toHaveLength(1);
  expect(findLockFaults(lock, { a: true })).toEqual([]);
});

it("the platform of a package is what a package of the same suffix says", () => {
  const lock = { packages: { "node_modules/@a/binding-linux-x64-gnu": { os: ["linux"], cpu: ["x64"], libc: ["glibc"] } } };
  expect(platformOf("@b/binding-linux-x64-gnu", lock)).toEqual({ os: ["linux"], cpu: ["x64"], libc: ["glibc"] });
});

it.each([
  ["@b/binding-darwin-arm64", { os: ["darwin"], cpu: ["arm64"] }],
  ["@b/win32-x64", { os: ["win32"], cpu: ["x64"] }],
  ["@b/binding-linux-arm-musleabihf", { os: ["linux"], cpu: ["arm"], libc: ["musl"] }],
  ["@b/binding-wasm32-wasi", { cpu: ["wasm32"] }],
])("the platform of %s is read from its name", (name, platform) => {
  expect(platformOf(name, { packages: {} })).toEqual(platform);
});

it("a name without a platform is refused", () => {
  expect(() => platformOf("@b/binding-native", { packages: {} })).toThrow("does not say");
});
