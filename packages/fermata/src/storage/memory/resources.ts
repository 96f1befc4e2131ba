import { FermataError } from "../../errors.ts";
import { assertId } from "../ids.ts";
import { metadataText } from "../metadata.ts";
import type { Metadata } from "../metadata.ts";
import { ownerOf } from "../reach.ts";
import type { Reach } from "../reach.ts";
import type { Resource, ResourceStore } from "../resources.ts";
import { BoundedMap } from "./bounded-map.ts";

/** Resources held in the process, for any reach. */
export function memoryResources(maxResources: number): (reach: Reach) => ResourceStore {
  const rows = new BoundedMap<Resource>(maxResources);
  return (reach) => {
    const nameOf = (id: string): string | undefined =>
      reach.resourceId === undefined || reach.resourceId === id ? `${reach.tenant}\0${id}` : undefined;
    return {
      async get(id) {
        const name = nameOf(id);
        const found = name === undefined ? undefined : rows.get(name);
        return found && structuredClone(found);
      },
      async put(id, { workingMemory, metadata }, ifVersion) {
        assertId(ownerOf(reach, id), "resource's id");
        const name = `${reach.tenant}\0${id}`;
        const known = rows.get(name);
        if (ifVersion !== undefined && ifVersion !== (known?.version ?? 0)) {
          throw new FermataError("CONFLICT", `Resource ${id} was changed meanwhile.`);
        }
        const now = Date.now();
        const changed: Resource = {
          ...(known ?? { id, createdAt: now }),
          ...(workingMemory !== undefined && { workingMemory: workingMemory.replaceAll("\0", "") }),
          // Written by `metadataText`.
          ...(metadata !== undefined && { metadata: JSON.parse(metadataText(metadata)) as Metadata }),
          version: (known?.version ?? 0) + 1,
          updatedAt: now,
        };
        rows.set(name, changed);
        return structuredClone(changed);
      },
      async delete(id) {
        const name = nameOf(id);
        return name !== undefined && rows.delete(name);
      },
    };
  };
}
