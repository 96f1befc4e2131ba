/** The answer that a turn was giving when its process went away: what was seen of it stays in the thread, and is marked as broken off. */
import type { Principal } from "../../context/principal.ts";
import { releaseThread } from "../../memory/thread-lease.ts";
import type { ScopedStore } from "../../storage/store.ts";
import type { RunRecord } from "../../storage/runs.ts";
import type { AgentChunk } from "../chunks.ts";
import type { AgentHost } from "../host.ts";
import type { StoredMessage, StoredPart } from "../messages/stored.ts";

type Content = StoredMessage["content"];

/** @param chunks what the log has of the turn */
export async function closeAnswer(
  host: AgentHost,
  run: RunRecord,
  principal: Principal,
  chunks: readonly AgentChunk[],
  status: "failed" | "aborted",
): Promise<void> {
  const start = chunks.find((chunk) => chunk.type === "start");
  if (run.threadId === undefined || !start || !("payload" in start)) return;
  const store = await storeOf(host, run, principal);
  // The next turn need not wait until the lease of this one has run out.
  if (store) await releaseThread(store.leases, { threadId: run.threadId, runId: run.id });
  const { messageId: id } = start.payload as { readonly messageId: string };
  const [known] = (await store?.messages.get([id])) ?? [];
  const content = known?.content as Content | undefined; // written by a turn
  if (!store || (known && content?.metadata?.status !== "running")) return;
  const createdAt = known?.createdAt ?? run.createdAt;
  const parts = longer(content?.parts ?? [], partsOf(chunks, createdAt));
  if (parts.length === 0 || !(await store.threads.get(run.threadId))) return;
  const metadata = { ...content?.metadata, status };
  await store.messages.save(run.threadId, [{ id, role: "assistant", createdAt, content: { format: 2, ...content, parts, metadata } }]);
}

async function storeOf(host: AgentHost, { name, resourceId }: RunRecord, principal: Principal): Promise<ScopedStore | undefined> {
  const memory = await host.findAgent?.(name)?.getMemory();
  return memory?.for(principal, undefined, resourceId).store;
}

/** What was stored, with what only the log has: the last words, and what came after them. */
function longer(stored: readonly StoredPart[], logged: readonly StoredPart[]): readonly StoredPart[] {
  const parts: StoredPart[] = [];
  for (const [index, part] of stored.entries()) {
    const seen = logged[index];
    if (seen?.type !== part.type) return stored;
    const isLonger = part.type === "text" && seen.type === "text" && seen.text.startsWith(part.text);
    const isSettled = part.type === "tool-invocation" && seen.type === "tool-invocation" && part.toolInvocation.state === "call";
    parts.push(isLonger || isSettled ? seen : part);
  }
  return [...parts, ...logged.slice(stored.length)];
}

/** The parts of the answer as its chunks tell them. */
function partsOf(chunks: readonly AgentChunk[], createdAt: number): readonly StoredPart[] {
  const parts: StoredPart[] = [];
  const texts = new Map<string, number>();
  const calls = new Map<string, number>();
  const said = (id: string, more: string, make: (text: string) => StoredPart): void => {
    const at = texts.get(id);
    const before = at === undefined ? undefined : parts[at];
    if (at === undefined || !before || !("text" in before)) texts.set(id, parts.push(make(more)) - 1);
    else parts[at] = make(before.text + more);
  };
  const settle = (
    toolCallId: string,
    end: { readonly state: "result"; readonly result: unknown } | { readonly state: "output-error"; readonly errorText: string },
  ): void => {
    const part = parts[calls.get(toolCallId) ?? -1];
    if (part?.type === "tool-invocation")
      parts[calls.get(toolCallId) ?? -1] = { ...part, toolInvocation: { ...part.toolInvocation, ...end } };
  };
  let step = 0;
  for (const chunk of chunks) {
    if (!("payload" in chunk)) continue;
    switch (chunk.type) {
      case "step-start":
        step += 1;
        if (parts.length > 0) parts.push({ type: "step-start", createdAt });
        break;
      case "text-delta":
        said(`${step} text ${chunk.payload.id}`, chunk.payload.text, (text) => ({ type: "text", text, createdAt }));
        break;
      case "reasoning-delta":
        said(`${step} reasoning ${chunk.payload.id}`, chunk.payload.text, (text) => ({
          type: "reasoning",
          reasoning: text,
          text,
          details: [{ type: "text", text }],
          createdAt,
        }));
        break;
      case "tool-call": {
        const { toolCallId, toolName, args } = chunk.payload;
        const toolInvocation = { state: "call" as const, toolCallId, toolName, args };
        calls.set(toolCallId, parts.push({ type: "tool-invocation", toolInvocation, createdAt }) - 1);
        break;
      }
      case "tool-result":
        settle(chunk.payload.toolCallId, { state: "result", result: chunk.payload.result });
        break;
      case "tool-error":
        settle(chunk.payload.toolCallId, { state: "output-error", errorText: chunk.payload.error.message });
        break;
      default:
        break;
    }
  }
  return parts;
}
