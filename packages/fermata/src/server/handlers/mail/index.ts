import { queueMessage, sendMessage, sendSignal } from "./send.ts";
import { abortThread, sendToolApproval } from "./steer.ts";
import { subscribeToThread } from "./subscribe.ts";

/** The routes of agents' threads as mailboxes. */
export const mailHandlers = { sendMessage, queueMessage, sendSignal, subscribeToThread, abortThread, sendToolApproval };
