/** The requests that are measured over each kind of store. */
import type { Case, Reply } from "./cases.ts";
import { GENERATED_TEXT } from "./model.js";

const ask = (agent: string) => ({ method: "POST", path: `/api/agents/${agent}/generate`, body: { messages: "Say something." } }) as const;

function answered({ status, body }: Reply): string | undefined {
  if (status !== 200) return `status ${status}: ${body.slice(0, 200)}`;
  return body.includes(GENERATED_TEXT) ? undefined : "the text is missing";
}

function remembered(reply: Reply): string | undefined {
  return answered(reply) ?? (JSON.parse(reply.body).response.dbMessages[0].threadId ? undefined : "the answer belongs to no thread");
}

export const STORE_CASES: readonly Case[] = [
  { id: "store-plain", title: "generate, nothing kept", ...ask("writer"), check: answered, inspect: answered },
  { id: "store-fresh", title: "generate with memory, a thread each", ...ask("fresh"), check: answered, inspect: remembered },
  { id: "store-turns", title: "generate with memory, 100 turns on a thread", ...ask("talker"), check: answered, inspect: remembered },
  { id: "store-long", title: "generate with memory, threads of 2,000 messages", ...ask("long"), check: answered, inspect: remembered },
];
