/**
 * Several events of a workflow in one row of the log. Every chunk says whose it is, and the end of a step says again what its beginning
 * said: neither is written twice.
 */
import type { NewEvent } from "./packed-events.ts";

/** The type of a row. Its number is that of the last event. */
export const STEPS = "steps";
/** A row beyond a quarter of a page gets pages of its own on SQLite. */
const MOST_TOGETHER = 4;

/** An event as it is, or the payload of a chunk of this run with what its data says beside it. */
type Item = readonly [type: string, data: unknown] | readonly [name: string, payload: unknown, marks: number];

/** What the types of these chunks begin with. */
const PREFIX = "workflow-";

const INNER = 1;
const HAS_PLACES = 2;
/** Only what differs from the payload before. */
const LIKE_BEFORE = 4;

type Payload = Readonly<Record<string, unknown>>;
interface Data {
  readonly chunk: { readonly type: string; readonly runId: string; readonly from: "WORKFLOW"; readonly payload: Payload };
  readonly inner?: true;
  /** Set by `SharedValues`. */
  readonly "~"?: 1;
}

export function packSteps(events: readonly NewEvent[], runId: string): NewEvent[] {
  const rows: NewEvent[] = [];
  for (let from = 0; from < events.length; from += MOST_TOGETHER) {
    const together = events.slice(from, from + MOST_TOGETHER);
    rows.push({ seq: together.at(-1)?.seq ?? 0, type: STEPS, data: toItems(together, runId) });
  }
  return rows;
}

export function unpackSteps(row: NewEvent, runId: string): NewEvent[] {
  const items = row.data as readonly Item[]; // written by `packSteps`
  let before: Payload = {};
  return items.map(([name, said, marks], index) => {
    const seq = row.seq - items.length + 1 + index;
    if (marks === undefined) return { seq, type: name, data: said };
    const type = `${PREFIX}${name}`;
    const payload = (marks & LIKE_BEFORE ? { ...before, ...(said as Payload) } : said) as Payload;
    before = payload;
    const data: Data = {
      chunk: { type, runId, from: "WORKFLOW", payload },
      ...(marks & INNER && { inner: true }),
      ...(marks & HAS_PLACES && { "~": 1 }),
    };
    return { seq, type, data };
  });
}

function toItems(events: readonly NewEvent[], runId: string): Item[] {
  let before: Payload | undefined;
  return events.map(({ type, data }) => {
    if (!isOwn(type, data, runId)) return [type, data];
    const { payload } = data.chunk;
    const marks = (data.inner ? INNER : 0) | (data["~"] ? HAS_PLACES : 0);
    const rest = before && differences(before, payload);
    before = payload;
    const name = type.slice(PREFIX.length);
    return rest ? [name, rest, marks | LIKE_BEFORE] : [name, payload, marks];
  });
}

/** Whether it is a chunk of which the run, the type and the payload say everything. */
function isOwn(type: string, data: unknown, runId: string): data is Data {
  if (!type.startsWith(PREFIX) || !isRecord(data) || !isRecord(data["chunk"])) return false;
  const { chunk } = data;
  for (const member in data) if (member !== "chunk" && member !== "inner" && member !== "~") return false;
  for (const member in chunk) if (member !== "type" && member !== "runId" && member !== "from" && member !== "payload") return false;
  return chunk["runId"] === runId && chunk["from"] === "WORKFLOW" && chunk["type"] === type && isRecord(chunk["payload"]);
}

/** What `next` says beyond `before`; `undefined` when it does not begin with the same members, most of which are equal. */
function differences(before: Payload, next: Payload): Payload | undefined {
  const names = Object.keys(next);
  const known = Object.keys(before);
  let equal = 0;
  for (const [i, name] of known.entries()) {
    if (names[i] !== name) return undefined;
    if (before[name] === next[name]) equal++;
  }
  if (equal * 2 < known.length || equal === 0) return undefined;
  return Object.fromEntries(names.filter((name, i) => i >= known.length || before[name] !== next[name]).map((name) => [name, next[name]]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
