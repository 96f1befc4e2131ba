/** What a page has to load. The limit is a promise to those who build pages, so it may not creep. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { bundle } from "../support/bundle.ts";

const source = fileURLToPath(new URL("../../src/client/index.ts", import.meta.url));

test("createClient is at most 12 KB with gzip, and brings nothing along but the client's own files", async () => {
  const { code, modules } = await bundle({ code: `export { createClient } from ${JSON.stringify(source)}` });
  expect(gzipSync(code).length).toBeLessThan(12 * 1024);
  expect(modules.filter((path) => !path.includes("/src/client/"))).toEqual([]);
});
