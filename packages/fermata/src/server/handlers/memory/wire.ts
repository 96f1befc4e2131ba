/** What the memory holds, as the contract writes it. */
import type { RouteOutput } from "../../../contract/route.ts";
import type { memory } from "../../../contract/routes/memory.ts";
import type { MemoryMessage } from "../../../memory/message.ts";
import type { StoredMessage } from "../../../agents/messages/stored.ts";
import type { MemoryThread } from "../../../memory/thread.ts";
import type { Call } from "../../call.ts";
import { projectStored } from "../../wire/projection.ts";

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

/** What a tool threw is not for the public, here as in the reply of the run that called it. */
export function toWireMessage(message: MemoryMessage, { audience }: Call): WireMessage {
  const { id, role, type, createdAt, threadId, resourceId } = message;
  // The projection looks at parts of its own kinds only; others pass.
  const { content } = projectStored(message as MemoryMessage & Pick<StoredMessage, "content">, audience);
  const parts = content.parts.map((part) => ({ ...part }));
  return {
    id,
    role,
    ...(type !== undefined && { type }),
    createdAt: createdAt.toISOString(),
    threadId,
    resourceId,
    content: { ...content, parts },
  };
}
