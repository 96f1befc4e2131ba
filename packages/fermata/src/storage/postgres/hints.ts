/**
 * Word over LISTEN and NOTIFY. A notification takes a lock that all commits share, so it is never part of a transaction, and little is said:
 * who follows something says so, and only then does anybody tell of it, many topics at a time. Who is not able to hear tells of everything.
 */
import { createHash, randomUUID } from "node:crypto";
import { CANCELLED, LOOK_OFTEN_MS, LOOK_SELDOM_MS, type Following, type StoreHints } from "../hints.ts";
import type { PostgresListener } from "./pool.ts";

/** How often a process repeats what it follows, which also shows it whether it hears anything. */
const REPEAT_MS = 5_000;
/** How long what was heard counts. */
const HEARD_MS = 12_000;
const RECONNECT_MS = 2_000;
/** How long the connection stays open when nobody follows anything. */
const LINGER_MS = 30_000;
/** Topics in one notification, which has at most 8,000 bytes. */
const MOST_TOPICS = 200;

export interface HintParts {
  /** Where to listen; `undefined` when there is nowhere. */
  readonly listen: ((channel: string, heard: (payload: string) => void, ended: () => void) => Promise<PostgresListener>) | undefined;
  readonly notify: (channel: string, payload: string) => Promise<unknown>;
  readonly schema: string;
}

export class PostgresHints implements StoreHints {
  readonly isExact = true;
  readonly #parts: HintParts;
  readonly #channel: string;
  /** Tells this process's own words from those of others. */
  readonly #id = randomUUID().slice(0, 8);
  readonly #listeners = new Map<string, Set<() => void>>();
  /** What others follow, and until when that counts. */
  readonly #wanted = new Map<string, number>();
  #news = new Set<string>();
  #isTelling = false;
  #listener: Promise<PostgresListener | undefined> | undefined;
  #repeat: ReturnType<typeof setInterval> | undefined;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #heardAt = -Infinity;
  #isClosed = false;

  constructor(parts: HintParts) {
    this.#parts = parts;
    this.#channel = `fermata_${nameOf(parts.schema)}`;
  }

  follow(topic: string, listener: () => void): Following {
    const name = nameOf(topic);
    const heard = (): void => listener();
    const all = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, all.add(heard));
    this.#open();
    if (all.size === 1 && topic !== CANCELLED) void this.#say("w", [name]);
    return {
      lookAfterMs: () => (this.#isHearing ? LOOK_SELDOM_MS : LOOK_OFTEN_MS),
      stop: () => {
        all.delete(heard);
        if (all.size > 0 || this.#listeners.get(name) !== all) return;
        this.#listeners.delete(name);
        if (this.#listeners.size === 0) this.#closeSoon();
      },
    };
  }

  tell(topic: string): void {
    const isForAll = topic === CANCELLED;
    if (!isForAll && this.#isHearing && this.#wanted.size === 0) return;
    const name = nameOf(topic);
    if (!isForAll && this.#isHearing && (this.#wanted.get(name) ?? 0) < performance.now()) return;
    this.#news.add(name);
    if (!this.#isTelling) void this.#tellAll();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#repeat);
    clearTimeout(this.#linger);
    await (await this.#listener)?.end();
  }

  get #isHearing(): boolean {
    return performance.now() - this.#heardAt < HEARD_MS;
  }

  /** One notification after the other: what comes while one is under way goes with the next. */
  async #tellAll(): Promise<void> {
    this.#isTelling = true;
    await Promise.resolve(); // what is told in the same breath goes along
    while (this.#news.size > 0 && !this.#isClosed) {
      const names = [...this.#news].slice(0, MOST_TOPICS);
      for (const name of names) this.#news.delete(name);
      await this.#say("n", names);
    }
    this.#isTelling = false;
  }

  async #say(kind: "w" | "n", names: readonly string[]): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.#parts.notify(this.#channel, [kind, this.#id, ...names].join(" "));
    } catch {
      // A hint that is lost costs time, and the next statement of whoever waits says what is wrong with the database.
    }
  }

  #hear(payload: string): void {
    const [kind, from, ...names] = payload.split(" ");
    const now = performance.now();
    if (from === this.#id) this.#heardAt = now;
    for (const name of names) {
      if (kind === "w") this.#wanted.set(name, now + HEARD_MS);
      else for (const listener of [...(this.#listeners.get(name) ?? [])]) listener();
    }
  }

  #open(): void {
    clearTimeout(this.#linger);
    this.#linger = undefined;
    const { listen } = this.#parts;
    if (this.#repeat || !listen || this.#isClosed) return;
    this.#repeat = setInterval(() => this.#sayAgain(), REPEAT_MS);
    this.#repeat.unref();
    void this.#connect(listen);
  }

  async #connect(listen: NonNullable<HintParts["listen"]>): Promise<void> {
    if (this.#listener || this.#isClosed) return;
    const ended = (): void => {
      if (this.#listener !== opening) return; // closed because nobody needs it
      this.#listener = undefined;
      this.#heardAt = -Infinity;
      setTimeout(() => void (this.#repeat && this.#connect(listen)), RECONNECT_MS).unref();
    };
    const opening: Promise<PostgresListener | undefined> = listen(this.#channel, (payload) => this.#hear(payload), ended).catch(() => {
      ended();
      return undefined;
    });
    this.#listener = opening;
    if (!(await opening)) return;
    this.#sayAgain();
    // What was said meanwhile was not heard.
    for (const all of this.#listeners.values()) for (const listener of [...all]) listener();
  }

  /** Repeats what this process follows. Behind a pooler that gives no connection of its own the echo does not come: then nobody relies on word. */
  #sayAgain(): void {
    const now = performance.now();
    for (const [name, until] of this.#wanted) if (until < now) this.#wanted.delete(name);
    const names = [...this.#listeners.keys()];
    for (let from = 0; from === 0 || from < names.length; from += MOST_TOPICS) void this.#say("w", names.slice(from, from + MOST_TOPICS));
  }

  #closeSoon(): void {
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => {
      clearInterval(this.#repeat);
      this.#repeat = undefined;
      const listener = this.#listener;
      this.#listener = undefined;
      this.#heardAt = -Infinity;
      void listener?.then((open) => open?.end());
    }, LINGER_MS);
    this.#linger.unref();
  }
}

/** Short, without what ids may hold, and a name of SQL. */
function nameOf(topic: string): string {
  return createHash("sha256").update(topic).digest("hex").slice(0, 24);
}
