import { expect, test } from "vitest";
import { MemoryStore } from "../../src/storage/index.ts";
import { measureStore } from "./measure.ts";

test("the script that measures stores measures four actions", async () => {
  expect(await measureStore(new MemoryStore(), 200)).toHaveLength(4);
});
