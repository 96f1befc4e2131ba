/**
 * Many events in one row of the log. A model's answer is hundreds of small chunks: written one by one, their envelopes would cost several
 * times what they say. Chunks that differ in one text alone share one envelope.
 */
import type { RunEvent } from "../storage/runs.ts";

export type NewEvent = Omit<RunEvent, "at">;

/** The type of a row that holds several events. Its number is that of the last one. */
export const PACKED = "packed";

interface Packed {
  readonly type: string;
  /** The number of the first event. */
  readonly first: number;
  readonly items: readonly unknown[];
}

/** Several events that differ in one member of their payload, or one that only looks like that. */
interface Alike {
  readonly $like: Record<string, unknown>;
  readonly key?: string;
  readonly texts?: readonly unknown[];
}

/** The member that grows, by the chunk's type. */
const GROWING: Readonly<Record<string, string>> = { "text-delta": "text", "reasoning-delta": "text", "tool-call-delta": "argsTextDelta" };

/** Puts events of the type `chunk` that follow each other into one. */
export function packEvents(events: readonly NewEvent[]): NewEvent[] {
  const rows: NewEvent[] = [];
  for (let from = 0, to = 0; from < events.length; from = to) {
    const first = events[from];
    if (!first) break;
    to = from + 1;
    if (first.type === "chunk") while (events[to]?.type === "chunk") to++;
    const last = events[to - 1];
    if (to - from === 1 || !last) rows.push(first);
    else {
      const items = packItems(events.slice(from, to));
      rows.push({ seq: last.seq, type: PACKED, data: { type: first.type, first: first.seq, items } satisfies Packed });
    }
  }
  return rows;
}

/** The events of a row of the type `PACKED`. */
export function unpackChunks(row: NewEvent): NewEvent[] {
  const { type, first, items } = row.data as Packed; // written by `packEvents`
  return items.flatMap(unpackItem).map((data, index) => ({ seq: first + index, type, data }));
}

function packItems(events: readonly NewEvent[]): unknown[] {
  const items: unknown[] = [];
  let open: { readonly like: Chunk; readonly key: string; readonly texts: unknown[] } | undefined;
  for (const { data } of events) {
    const key = isChunk(data) ? GROWING[data.type] : undefined;
    if (key === undefined || !isChunk(data)) {
      open = undefined;
      items.push(isObject(data) && "$like" in data ? ({ $like: data } satisfies Alike) : data);
    } else if (open && isAlike(open.like, data, key)) open.texts.push(data.payload[key]);
    else {
      open = { like: data, key, texts: [data.payload[key]] };
      items.push({ $like: { ...data, payload: { ...data.payload, [key]: "" } }, key, texts: open.texts } satisfies Alike);
    }
  }
  return items;
}

function unpackItem(item: unknown): readonly unknown[] {
  if (!isObject(item) || !("$like" in item)) return [item];
  const { $like, key, texts } = item as unknown as Alike; // written by `packItems`
  if (key === undefined || !texts) return [$like];
  return texts.map((text) => ({ ...$like, payload: { ...($like.payload as object), [key]: text } }));
}

type Chunk = Record<string, unknown> & { readonly type: string; readonly payload: Record<string, unknown> };

function isChunk(data: unknown): data is Chunk {
  return isObject(data) && typeof data.type === "string" && isObject(data.payload);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Whether the two say the same but for the member `key` of their payloads. */
function isAlike(one: Chunk, other: Chunk, key: string): boolean {
  return sameMembers(one, other, "payload") && sameMembers(one.payload, other.payload, key);
}

function sameMembers(one: Record<string, unknown>, other: Record<string, unknown>, but: string): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => name === but || (name in other && one[name] === other[name]));
}
