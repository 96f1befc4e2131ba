/** Threads and messages in the process. What they hold is bounded: the thread that was not used longest goes first. */
import type { Reach } from "../reach.ts";

export interface MessageRow {
  readonly id: string;
  readonly seq: number;
  readonly createdAt: number;
  role: string;
  type?: string;
  /** JSON, so that nobody holds a part of what is stored. */
  content: string;
}

export interface ThreadRow {
  readonly key: number;
  readonly tenant: string;
  readonly id: string;
  resourceId: string;
  title?: string;
  /** JSON. */
  metadata?: string;
  readonly createdAt: number;
  updatedAt: number;
  version: number;
  lastSeq: number;
  /** In the order of `seq`. */
  messages: MessageRow[];
  readonly byId: Map<string, MessageRow>;
}

export interface ThreadLimits {
  readonly maxThreads: number;
  /** Of all messages together. */
  readonly maxChars: number;
}

export class ThreadTable {
  /** The one used last comes last. */
  readonly #rows = new Map<number, ThreadRow>();
  readonly #byId = new Map<string, ThreadRow[]>();
  readonly #limits: ThreadLimits;
  #lastKey = 0;
  #chars = 0;

  constructor(limits: ThreadLimits) {
    this.#limits = limits;
  }

  add(thread: Omit<ThreadRow, "key" | "lastSeq" | "messages" | "byId">): ThreadRow {
    const row: ThreadRow = { ...thread, key: ++this.#lastKey, lastSeq: 0, messages: [], byId: new Map() };
    this.#rows.set(row.key, row);
    this.#byId.set(nameOf(row.tenant, row.id), [...this.withId(row.tenant, row.id), row]);
    this.#shrink(row);
    return row;
  }

  /** All threads of the tenant with this id, oldest first. */
  withId(tenant: string, id: string): readonly ThreadRow[] {
    return this.#byId.get(nameOf(tenant, id)) ?? [];
  }

  find({ tenant, resourceId }: Reach, id: string): ThreadRow | undefined {
    const rows = this.withId(tenant, id);
    return resourceId === undefined ? rows[0] : rows.find((row) => row.resourceId === resourceId);
  }

  *within({ tenant, resourceId }: Reach): Generator<ThreadRow> {
    for (const row of this.#rows.values()) {
      if (row.tenant === tenant && (resourceId === undefined || row.resourceId === resourceId)) yield row;
    }
  }

  all(): Iterable<ThreadRow> {
    return this.#rows.values();
  }

  remove(row: ThreadRow): void {
    this.#rows.delete(row.key);
    for (const { content } of row.messages) this.#chars -= content.length;
    const name = nameOf(row.tenant, row.id);
    const others = (this.#byId.get(name) ?? []).filter((other) => other !== row);
    if (others.length > 0) this.#byId.set(name, others);
    else this.#byId.delete(name);
  }

  /** Adds a message, or replaces what another one with its id says. */
  put(row: ThreadRow, message: Omit<MessageRow, "seq">): MessageRow {
    row.lastSeq += 1;
    const known = row.byId.get(message.id);
    const stored = known ?? { ...message, seq: row.lastSeq };
    if (known) {
      this.#chars -= known.content.length;
      known.role = message.role;
      known.content = message.content;
      if (message.type === undefined) delete known.type;
      else known.type = message.type;
    } else {
      row.byId.set(message.id, stored);
      row.messages.push(stored);
    }
    this.#chars += message.content.length;
    return stored;
  }

  removeMessages(row: ThreadRow, isGone: (message: MessageRow) => boolean): number {
    const gone = row.messages.filter(isGone);
    if (gone.length === 0) return 0;
    for (const { id, content } of gone) {
      row.byId.delete(id);
      this.#chars -= content.length;
    }
    row.messages = row.messages.filter((message) => row.byId.has(message.id));
    return gone.length;
  }

  /** Says that the thread was used, and makes room. */
  touch(row: ThreadRow): void {
    row.updatedAt = Date.now();
    this.#rows.delete(row.key);
    this.#rows.set(row.key, row);
    this.#shrink(row);
  }

  #shrink(current: ThreadRow): void {
    for (const row of this.#rows.values()) {
      if (this.#rows.size <= this.#limits.maxThreads && this.#chars <= this.#limits.maxChars) return;
      if (row !== current) this.remove(row);
    }
    let over = this.#chars - this.#limits.maxChars;
    this.removeMessages(current, ({ content }) => {
      const isOver = over > 0;
      over -= content.length;
      return isOver;
    });
  }
}

function nameOf(tenant: string, id: string): string {
  return `${tenant}\0${id}`;
}
