/** The thread that a response is part of, and whether the response is to be kept. */
import type { Agent } from "../../../agents/agent.ts";
import type { MemoryOptions } from "../../../agents/options.ts";
import { refused } from "../../../protocols/openai/refusal.ts";
import type { ResponseRequest } from "../../../protocols/openai/responses/options.ts";
import type { Call } from "../../call.ts";
import { findConversation } from "../conversations/find-conversation.ts";
import { ownerOf } from "../memory/open-memory.ts";
import type { Keeping, StoredResponse } from "./stored.ts";

export interface ResponseConversation {
  readonly threadId: string;
  readonly memory: MemoryOptions;
  /** Absent when the response is not to be kept. */
  readonly keeping?: Keeping;
}

/** `undefined` for a response that stands alone. `answers` says that the input answers a run that waits. @throws FermataError for what the agent's memory cannot do. */
export async function conversationOf(
  body: ResponseRequest,
  agent: Agent,
  previous: StoredResponse | undefined,
  answers: boolean,
  call: Call,
): Promise<ResponseConversation | undefined> {
  const named = conversationId(body);
  const memory = await agent.getMemory({ requestContext: call.requestContext });
  // OpenAI keeps a response unless it is told otherwise, the reference when it is told to.
  const store = body.store ?? (body.agent_id === undefined && memory !== undefined && (!answers || previous !== undefined));
  // A run that waits is part of the thread that it began in.
  if (answers && !previous && (store || named))
    throw refused(
      "input",
      "The response that asks for the approval has to be named with previous_response_id, or store be false and no conversation be named.",
    );
  if (!store && named === undefined && !previous) return undefined;
  const found = named === undefined ? undefined : await findConversation(named.id, call, named.param);
  if (!memory)
    throw store && named === undefined && !previous
      ? cannotStore()
      : refused(named?.param ?? "previous_response_id", `Agent "${agent.id}" does not have memory configured`);
  if (found && previous && previous.threadId !== found.thread.id) {
    throw refused(
      "previous_response_id",
      `Stored response ${previous.value.id} belongs to conversation ${previous.threadId}, not ${found.thread.id}`,
    );
  }
  const scoped = memory.for(call.principal, undefined, ownerOf(undefined, call));
  if (store && scoped.config.readOnly) throw cannotStore();
  const home = found?.memory ?? previous?.memory;
  if (
    home &&
    home.store !== scoped.store &&
    (await scoped.getThreadById({ threadId: found?.thread.id ?? previous?.threadId ?? "" })) === null
  ) {
    throw refused(named?.param ?? "previous_response_id", `The conversation is not in the memory of agent "${agent.id}".`);
  }
  const threadId = found?.thread.id ?? previous?.threadId ?? crypto.randomUUID();
  const resourceId =
    found?.thread.resourceId ?? previous?.resourceId ?? scoped.store.reach.resourceId ?? ownerOf(undefined, call) ?? threadId;
  // A turn that follows on a stored one and is not to be kept only reads.
  const readOnly = !store && named === undefined;
  return {
    threadId,
    memory: { thread: threadId, resource: resourceId, ...(readOnly && { readOnly }) },
    ...(store && { keeping: { memory: scoped, agentId: agent.id, threadId, resourceId, ...(answers && previous && { previous }) } }),
  };
}

function cannotStore() {
  return refused("store", "Stored responses require the target agent to have memory storage configured");
}

function conversationId({ conversation, conversation_id }: ResponseRequest): { readonly id: string; readonly param: string } | undefined {
  const own = typeof conversation === "object" && conversation !== null ? conversation.id : conversation;
  if (typeof own === "string") {
    if (typeof conversation_id === "string" && conversation_id !== own)
      throw refused("conversation_id", "conversation and conversation_id name different conversations.");
    return { id: own, param: "conversation" };
  }
  return typeof conversation_id === "string" ? { id: conversation_id, param: "conversation_id" } : undefined;
}
