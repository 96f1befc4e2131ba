/** Stored responses. A response is kept with the message that answers it: under the same id, in that message's metadata. */
import { assistantMessage } from "../../../agents/stored-answer.ts";
import type { Run } from "../../../agents/loop/run.ts";
import type { MessageContent } from "../../../memory/message.ts";
import type { ScopedMemory } from "../../../memory/scoped-memory.ts";
import { isObject, type Json } from "../../../protocols/openai/json.ts";
import { refused } from "../../../protocols/openai/refusal.ts";
import type { Told } from "../../../protocols/openai/responses/input.ts";
import type { ResponseValue } from "../../../protocols/openai/responses/response.ts";
import type { MessageRecord } from "../../../storage/messages.ts";
import type { ScopedStore } from "../../../storage/store.ts";
import type { Call } from "../../call.ts";
import { reachableMemories } from "../conversations/find-conversation.ts";

export interface StoredResponse {
  readonly agentId: string;
  readonly value: ResponseValue;
  /** The messages that the response was given. */
  readonly given: readonly string[];
  readonly memory: ScopedMemory;
  readonly threadId: string;
  readonly resourceId: string;
}

export async function findStored(id: string, call: Call): Promise<StoredResponse | undefined> {
  for (const memory of await reachableMemories(call)) {
    for (const message of await memory.store.messages.get([id])) {
      const stored = read(message, memory);
      if (stored) return stored;
    }
  }
  return undefined;
}

/** What is somebody else's is as unknown as what is not there. @throws FermataError `NOT_FOUND` */
export async function storedResponse(id: string, call: Call, param: string | null = null): Promise<StoredResponse> {
  const stored = await findStored(id, call);
  if (!stored) throw notFound(id, param);
  return stored;
}

export function notFound(id: string, param: string | null = null): Error {
  const code = param === null ? "response_not_found" : "previous_response_not_found";
  return refused(param, `Stored response ${id} was not found`, code, "NOT_FOUND");
}

function read({ content, threadId, resourceId }: MessageRecord, memory: ScopedMemory): StoredResponse | undefined {
  const metadata = isObject(content) && isObject(content.metadata) && isObject(content.metadata.mastra) ? content.metadata.mastra : {};
  const { response } = metadata;
  if (!isObject(response) || typeof response.agentId !== "string" || !isObject(response.value) || !Array.isArray(response.given))
    return undefined;
  // Written by `keepResponse`.
  return {
    agentId: response.agentId,
    value: response.value as unknown as ResponseValue,
    given: response.given as string[],
    memory,
    threadId,
    resourceId,
  };
}

/** Where a response is to be kept. */
export interface Keeping {
  readonly memory: ScopedMemory;
  readonly agentId: string;
  readonly threadId: string;
  readonly resourceId: string;
  /** The response whose run goes on: its message grows, and is written anew. */
  readonly previous?: StoredResponse;
}

/** Keeps the response with its message, which is there unless the run has said nothing. */
export async function keepResponse({ previous, ...keeping }: Keeping, value: ResponseValue, run: Run): Promise<void> {
  if (previous) await keep(keeping, previous.value, previous.given, await contentOf(keeping, previous.value.id));
  const given = run.setup.conversation?.told.map(({ id }) => id) ?? [];
  await keep(keeping, value, given, answerOf(run, value.id) ?? (await contentOf(keeping, value.id)));
}

/** What the conversation has just stored: to read it again would cost more than all the rest. */
function answerOf(run: Run, id: string): MessageContent | undefined {
  if (run.messageId !== id || (run.status !== "finished" && run.status !== "suspended")) return undefined;
  const { content } = assistantMessage(run, true);
  const status = run.status === "finished" ? "completed" : "suspended";
  // The parts of a stored message are typed more closely than what is kept.
  return { ...(content as unknown as MessageContent), metadata: { ...content.metadata, status } };
}

async function contentOf(keeping: Keeping, id: string): Promise<MessageContent> {
  const [message] = await storeOf(keeping).messages.get([id]);
  // Written by the conversation that the run was a turn of.
  return (message?.content ?? { format: 2, parts: [] }) as MessageContent;
}

/** A message that is there keeps its place and its date. */
async function keep(keeping: Keeping, value: ResponseValue, given: readonly string[], content: MessageContent): Promise<void> {
  const mastra = isObject(content.metadata?.mastra) ? content.metadata.mastra : {};
  const metadata = { ...content.metadata, mastra: { ...mastra, response: { agentId: keeping.agentId, given, value } } };
  await storeOf(keeping).messages.save(keeping.threadId, [{ id: value.id, role: "assistant", content: { ...content, metadata } }]);
}

function storeOf({ memory: { store }, resourceId }: Keeping): ScopedStore {
  return store.reach.resourceId === undefined ? store.within(resourceId) : store;
}

const ITEM_ID = /^[a-z]+_([0-9a-f-]{36})_\d+$/;

/** What the input may refer to: items of stored responses, and calls of the previous one that wait for their output. */
export async function toldBefore(input: readonly Json[], previous: StoredResponse | undefined, call: Call): Promise<Told> {
  const items = new Map<string, Json>();
  const calls = new Map<string, string>();
  const add = ({ value }: StoredResponse): void => {
    for (const item of value.output) items.set(item.id, item);
  };
  if (previous) add(previous);
  for (const { type, call_id, name } of previous?.value.output ?? [])
    if (type === "function_call" && typeof call_id === "string" && typeof name === "string") calls.set(call_id, name);
  const wanted = new Set(
    input.flatMap(({ type, id }) =>
      type === "item_reference" && typeof id === "string" && !items.has(id) ? (ITEM_ID.exec(id)?.[1] ?? []) : [],
    ),
  );
  for (const id of wanted) {
    const stored = await findStored(`resp_${id}`, call);
    if (stored) add(stored);
  }
  return { items, calls };
}
