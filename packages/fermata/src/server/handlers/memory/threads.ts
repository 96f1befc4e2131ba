import type { memory as routes } from "../../../contract/routes/memory.ts";
import { FermataError } from "../../../errors.ts";
import type { Handler } from "../../route-table.ts";
import { openMemory, ownerOf, threadOf } from "./open-memory.ts";
import { toWireMessage, toWireThread } from "./wire.ts";

export const listThreads: Handler<typeof routes.listThreads> = async ({ query }, call) => {
  const { agentId, resourceId, metadata, page, perPage, orderBy } = query;
  const memory = await openMemory({ agentId, resourceId }, call);
  const { threads, ...rest } = await memory.listThreads({
    filter: { resourceId: ownerOf(resourceId, call), metadata },
    page,
    perPage,
    orderBy,
  });
  return {
    threads: threads.map((thread) => ({ ...toWireThread(thread), metadata: thread.metadata ? { ...thread.metadata } : null })),
    ...rest,
  };
};

/** A thread of somebody else with the same id is nobody's business: the caller gets one of its own. */
export const createThread: Handler<typeof routes.createThread> = async ({ query, body }, call) => {
  const { threadId, title, metadata } = body;
  const resourceId = ownerOf(body.resourceId, call) ?? body.resourceId;
  const memory = await openMemory({ agentId: query.agentId, resourceId }, call);
  return toWireThread(await memory.createThread({ threadId, resourceId, title, metadata }));
};

export const getThread: Handler<typeof routes.getThread> = async ({ params, query }, call) =>
  toWireThread(await threadOf(await openMemory(query, call), params.threadId));

export const updateThread: Handler<typeof routes.updateThread> = async ({ params, query, body }, call) => {
  const memory = await openMemory({ agentId: query.agentId, resourceId: query.resourceId ?? body.resourceId }, call);
  const { id } = await threadOf(memory, params.threadId);
  return toWireThread(await memory.updateThread({ id, title: body.title, metadata: body.metadata }));
};

export const deleteThread: Handler<typeof routes.deleteThread> = async ({ params, query }, call) => {
  const memory = await openMemory(query, call);
  const { id } = await threadOf(memory, params.threadId);
  await memory.deleteThread(id);
  return { result: "Thread deleted" };
};

export const cloneThread: Handler<typeof routes.cloneThread> = async ({ params, query, body }, call) => {
  const memory = await openMemory(query, call);
  const { id } = await threadOf(memory, params.threadId);
  const { newThreadId, title, metadata, options } = body;
  const { thread, clonedMessages, messageIdMap } = await memory.cloneThread({
    sourceThreadId: id,
    newThreadId,
    resourceId: ownerOf(body.resourceId, call),
    title,
    metadata,
    options,
  });
  return {
    thread: toWireThread(thread),
    clonedMessages: clonedMessages.map((message) => toWireMessage(message, call)),
    messageIdMap: { ...messageIdMap },
  };
};

/** Who reaches one resource alone cannot put a thread into the list of another. */
export const transferThread: Handler<typeof routes.transferThread> = async ({ params, query, body }, call) => {
  const { resourceId } = body;
  if ((ownerOf(resourceId, call) ?? resourceId) !== resourceId)
    throw new FermataError("FORBIDDEN", "Access denied: the resource belongs to somebody else.");
  const memory = await openMemory(query, call);
  const { id } = await threadOf(memory, params.threadId);
  return toWireThread(await memory.transfer({ threadId: id, resourceId }));
};
