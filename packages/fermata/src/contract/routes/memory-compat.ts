/** Older names of the memory's routes. They lead to the modern handlers; nothing else knows them. */
import { route } from "../route.ts";
import { memory } from "./memory.ts";

const deprecated = true;

export const memoryCompat = {
  networkStatus: route({ ...memory.status, path: "/memory/network/status", summary: "An older name of the memory's status.", deprecated }),
  networkListThreads: route({
    ...memory.listThreads,
    path: "/memory/network/threads",
    summary: "An older name of the list of threads.",
    deprecated,
  }),
  networkCreateThread: route({
    ...memory.createThread,
    path: "/memory/network/threads",
    summary: "An older name of creating a thread.",
    deprecated,
  }),
  networkGetThread: route({
    ...memory.getThread,
    path: "/memory/network/threads/:threadId",
    summary: "An older name of showing a thread.",
    deprecated,
  }),
  networkUpdateThread: route({
    ...memory.updateThread,
    path: "/memory/network/threads/:threadId",
    summary: "An older name of changing a thread.",
    deprecated,
  }),
  networkDeleteThread: route({
    ...memory.deleteThread,
    path: "/memory/network/threads/:threadId",
    summary: "An older name of deleting a thread.",
    deprecated,
  }),
  networkListMessages: route({
    ...memory.listMessages,
    path: "/memory/network/threads/:threadId/messages",
    summary: "An older name of the list of messages.",
    deprecated,
  }),
  networkSaveMessages: route({
    ...memory.saveMessages,
    path: "/memory/network/save-messages",
    summary: "An older name of saving messages.",
    deprecated,
  }),
  networkDeleteMessages: route({
    ...memory.deleteMessages,
    path: "/memory/network/messages/delete",
    summary: "An older name of deleting messages.",
    deprecated,
  }),
};
