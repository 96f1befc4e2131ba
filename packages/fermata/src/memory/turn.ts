/** One turn of a conversation, as the store sees it: what was said before, and what is added. */
import type { MessageRecord, NewMessage } from "../storage/messages.ts";
import type { ScopedStore } from "../storage/store.ts";
import { toMemoryMessage } from "./message.ts";
import type { MemoryMessage, MessageContent } from "./message.ts";
import type { ResolvedMemoryConfig } from "./options.ts";
import { withoutResent, withResults } from "./resent.ts";
import type { CallEnd, GivenMessage } from "./resent.ts";

export interface TurnThread {
  readonly id: string;
  readonly resourceId: string;
  readonly title?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** What a turn begins with. */
export interface TurnStart<G extends GivenMessage> {
  /** What was said before, oldest first. */
  readonly remembered: readonly MemoryMessage[];
  /** What of the given messages the thread does not have. */
  readonly fresh: readonly G[];
  /** The thread has no title yet. */
  readonly untitled: boolean;
}

export class Turn {
  readonly #store: ScopedStore;
  readonly #config: ResolvedMemoryConfig;
  readonly #thread: TurnThread;
  /** Writes follow each other: a later state of a message must not be overtaken by an earlier one. */
  #writes: Promise<unknown> = Promise.resolve();

  constructor(store: ScopedStore, config: ResolvedMemoryConfig, thread: TurnThread) {
    this.#store = store;
    this.#config = config;
    this.#thread = thread;
  }

  /** Reads what the thread has, and makes it on the first turn. `results` are ends of calls that the caller ran. */
  async begin<G extends GivenMessage>(given: readonly G[], results: ReadonlyMap<string, CallEnd>): Promise<TurnStart<G>> {
    const { id, resourceId, title, metadata } = this.#thread;
    const { readOnly, lastMessages } = this.#config;
    const known = await this.#store.threads.get(id);
    if (!known) {
      if (!readOnly) await this.#store.threads.create({ id, resourceId, title: title ?? "", metadata });
      return { remembered: [], fresh: given, untitled: !title };
    }
    const limit = Math.max(lastMessages, given.length * 2 + 2);
    const records = await this.#store.messages.recent(id, limit);
    const before = records.map(toMemoryMessage);
    const stored = await this.#settle(before, results);
    const fresh = withoutResent(given, stored);
    const resent = given.length - fresh.length;
    // What the caller sent again, and the question of a call that it answers, are told whatever the options say.
    const answered = stored.findIndex((message, index) => message !== before[index]);
    const needed = Math.max(resent > 0 ? resent + 1 : 0, answered < 0 ? 0 : stored.length - questionBefore(stored, answered));
    const remembered = cut(stored, Math.max(lastMessages, needed), records.length === limit);
    return { remembered, fresh, untitled: !known.title };
  }

  /** Waits for what was written before. */
  save(messages: readonly NewMessage[]): Promise<readonly MessageRecord[]> {
    const write = this.#writes.then(() => this.#store.messages.save(this.#thread.id, messages));
    this.#writes = write.catch(() => undefined);
    return write;
  }

  /** Resolves when everything has been written. */
  async settled(): Promise<void> {
    await this.#writes;
  }

  async #settle(messages: readonly MemoryMessage[], results: ReadonlyMap<string, CallEnd>): Promise<readonly MemoryMessage[]> {
    if (results.size === 0) return messages;
    const changed = new Map(
      messages.flatMap((message) => {
        const settled = withResults(message, results);
        return settled ? [[message.id, settled] as const] : [];
      }),
    );
    if (changed.size > 0 && !this.#config.readOnly) await this.save([...changed.values()].map(toSave));
    return messages.map((message) => changed.get(message.id) ?? message);
  }
}

function toSave({ id, role, type, content }: MemoryMessage): NewMessage & { content: MessageContent } {
  return { id, role, ...(type !== undefined && { type }), content };
}

function questionBefore(messages: readonly MemoryMessage[], index: number): number {
  return Math.max(
    0,
    messages.findLastIndex(({ role }, at) => at < index && role === "user"),
  );
}

/** The last messages; where older ones are left out, not beginning with an answer whose question is among them. */
function cut(stored: readonly MemoryMessage[], count: number, isPart: boolean): readonly MemoryMessage[] {
  const last = count === 0 ? [] : stored.slice(-count);
  if (!isPart && last.length === stored.length) return last;
  const firstUser = last.findIndex(({ role }) => role === "user");
  return firstUser < 0 ? [] : last.slice(firstUser);
}
