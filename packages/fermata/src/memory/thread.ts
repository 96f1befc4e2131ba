import type { Thread } from "../storage/threads.ts";

/** A conversation, as the memory's callers see it. */
export interface MemoryThread {
  readonly id: string;
  readonly title?: string;
  readonly resourceId: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export function toMemoryThread({ id, title, resourceId, createdAt, updatedAt, metadata }: Thread): MemoryThread {
  return {
    id,
    ...(title !== undefined && { title }),
    resourceId,
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    ...(metadata !== undefined && { metadata }),
  };
}
