/** What the memory holds, as the contract writes it. */
import type { RouteOutput } from "../../../contract/route.ts";
import type { memory } from "../../../contract/routes/memory.ts";
import type { MemoryMessage } from "../../../memory/message.ts";
import type { MemoryThread } from "../../../memory/thread.ts";

type WireThread = RouteOutput<typeof memory.getThread>;
type WireMessage = RouteOutput<typeof memory.saveMessages>["messages"][number];

export function toWireThread({ id, title, resourceId, createdAt, updatedAt, metadata }: MemoryThread): WireThread {
  return {
    id,
    title: title ?? "",
    resourceId,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    ...(metadata && { metadata: { ...metadata } }),
  };
}

export function toWireMessage({ id, role, type, createdAt, threadId, resourceId, content }: MemoryMessage): WireMessage {
  const parts = content.parts.map((part) => ({ ...part }));
  return { id, role, ...(type !== undefined && { type }), createdAt: createdAt.toISOString(), threadId, resourceId, content: { ...content, parts } };
}
