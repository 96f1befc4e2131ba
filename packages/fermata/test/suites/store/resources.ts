import { expect, test } from "vitest";
import type { ScopedStore, Store } from "../../../src/storage/store.ts";
import { newTenant } from "../principals.ts";

export function resourceCases(store: () => Store): void {
  const open = (): ScopedStore => store().for(newTenant().everybody);

  test("a resource is created by the first put and changed by the next", async () => {
    const { resources } = open();
    expect(await resources.get("anna")).toBeUndefined();
    expect(await resources.put("anna", { workingMemory: "# Anna", metadata: { a: 1 } })).toMatchObject({
      id: "anna",
      workingMemory: "# Anna",
      version: 1,
    });
    expect(await resources.put("anna", { workingMemory: "# Anna\n- tea" })).toMatchObject({ metadata: { a: 1 }, version: 2 });
    expect(await resources.get("anna")).toMatchObject({ workingMemory: "# Anna\n- tea", metadata: { a: 1 }, version: 2 });
    expect(await resources.delete("anna")).toBe(true);
    expect(await resources.delete("anna")).toBe(false);
  });
  test("a put for another version is refused", async () => {
    const { resources } = open();
    await expect(resources.put("anna", { workingMemory: "x" }, 1)).rejects.toMatchObject({ code: "CONFLICT" });
    await resources.put("anna", { workingMemory: "a" }, 0);
    await expect(resources.put("anna", { workingMemory: "b" }, 0)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await resources.get("anna")).toMatchObject({ workingMemory: "a", version: 1 });
  });
  test("of thirty writers that read, change and put, none loses its change", async () => {
    const { resources } = open();
    const add = async (word: string): Promise<void> => {
      for (;;) {
        const known = await resources.get("anna");
        try {
          await resources.put("anna", { workingMemory: `${known?.workingMemory ?? ""}${word};` }, known?.version ?? 0);
          return;
        } catch (error) {
          expect(error).toMatchObject({ code: "CONFLICT" });
        }
      }
    };
    await Promise.all(Array.from({ length: 30 }, (_, i) => add(`w${i}`)));
    expect((await resources.get("anna"))?.workingMemory?.split(";").filter(Boolean)).toHaveLength(30);
  });
}
