import type { Handlers } from "../../route-table.ts";
import { config, status } from "./describe.ts";
import { deleteMessages, listMessages, saveMessages } from "./messages.ts";
import { search } from "./search.ts";
import { cloneThread, createThread, deleteThread, getThread, listThreads, transferThread, updateThread } from "./threads.ts";
import { getWorkingMemory, updateWorkingMemory } from "./working-memory.ts";

/** What answers the memory's routes. */
export const memoryHandlers = {
  status,
  config,
  listThreads,
  createThread,
  getThread,
  updateThread,
  deleteThread,
  listMessages,
  saveMessages,
  deleteMessages,
  getWorkingMemory,
  updateWorkingMemory,
  search,
  cloneThread,
  transferThread,
};

export const memoryCompatHandlers: Handlers["memoryCompat"] = {
  networkStatus: (input, call) => status(input, call),
  networkListThreads: (input, call) => listThreads(input, call),
  networkCreateThread: (input, call) => createThread(input, call),
  networkGetThread: (input, call) => getThread(input, call),
  networkUpdateThread: (input, call) => updateThread(input, call),
  networkDeleteThread: (input, call) => deleteThread(input, call),
  networkListMessages: (input, call) => listMessages(input, call),
  networkSaveMessages: (input, call) => saveMessages(input, call),
  networkDeleteMessages: (input, call) => deleteMessages(input, call),
};
