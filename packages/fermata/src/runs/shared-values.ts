/**
 * What a run's log holds once. The output of a step is the input of the next one, and both stand in two events each and in the journal:
 * written every time, a log would be several times as long as what happened. A value that an event has already is written as its place.
 *
 * An object may have been changed since it was written. So an output is always written whole, unless it is a text: a place stands only for
 * inputs, which are there to be looked at, and in the journal for the output that is written together with it.
 */
import type { NewEvent } from "./packed-events.ts";

/** The number of the event that has the value, and the member of its payload; for a part of it, under which key. */
type Place = readonly [seq: number, member: string, key?: string | number];

/** A value that stands elsewhere. */
interface Elsewhere {
  readonly "~": Place;
}

/** A value of the run's own that only looks like one of these. */
interface Own {
  readonly "~": "own";
  readonly value: unknown;
}

/** The members of a chunk's payload that may be large and come again, and whether they are outputs. */
const MEMBERS: Readonly<Record<string, boolean>> = {
  payload: false,
  output: true,
  iterationOutput: true,
  suspendPayload: true,
  finalWorkflowResult: false,
};
/** Texts have no identity. Shorter ones are not worth a place of their own, and only the newest are remembered. */
const SHORTEST_TEXT = 100;
const MOST_TEXTS = 64;
/** Events that a reader remembers: values are mostly near. */
const MOST_KNOWN = 256;

type Payload = Readonly<Record<string, unknown>>;
/** What the events of a workflow hold, as far as it matters here. `~` marks those that are written with places. */
interface Data {
  readonly chunk?: { readonly payload?: unknown };
  readonly "~"?: 1;
}

/** Finds what a run has written before. */
export class SharedValues {
  readonly #objects = new WeakMap<object, Place>();
  readonly #texts = new Map<string, Place>();
  /** Outputs of this write. */
  readonly #fresh = new Map<unknown, Place>();

  /** The events of one write as they are written. */
  pack(events: readonly NewEvent[]): NewEvent[] {
    this.#fresh.clear();
    return events.map((event) => this.#pack(event));
  }

  /** A result of the same write as it is written. Only its `output` is looked at. */
  packResult(value: unknown): unknown {
    if (!isObject(value)) return value;
    const place = this.#fresh.get(value["output"]);
    return place ? { ...value, output: { "~": place } satisfies Elsewhere, "~": 1 } : value;
  }

  /** Remembers what an event of an earlier stretch of work has. */
  learn({ seq, data }: NewEvent): void {
    const payload = payloadOf(data);
    if (payload) for (const member of Object.keys(MEMBERS)) this.#learn(payload[member], [seq, member]);
  }

  #pack(event: NewEvent): NewEvent {
    const payload = payloadOf(event.data);
    if (!payload) return event;
    let packed: Record<string, unknown> | undefined;
    for (const [member, isOutput] of Object.entries(MEMBERS)) {
      const value = payload[member];
      if (!isLarge(value)) continue;
      const place: Place = [event.seq, member];
      const written = isOutput && typeof value !== "string" ? escaped(value) : this.#written(value);
      if (written !== value) (packed ??= { ...payload })[member] = written;
      if (isOutput) this.#fresh.set(value, isElsewhere(written) ? written["~"] : place);
      if (!isElsewhere(written)) this.#learn(value, place);
    }
    if (!packed) return event;
    const data = event.data as Data & object; // it has a payload
    return { ...event, data: { ...data, chunk: { ...data.chunk, payload: packed }, "~": 1 } };
  }

  #learn(value: unknown, place: Place): void {
    if (typeof value === "string") {
      if (value.length < SHORTEST_TEXT || this.#texts.has(value)) return;
      this.#texts.set(value, place);
      if (this.#texts.size <= MOST_TEXTS) return;
      const [oldest = ""] = this.#texts.keys();
      this.#texts.delete(oldest);
    } else if (isObject(value)) {
      this.#objects.set(value, place);
      for (const [key, part] of partsOf(value)) if (isObject(part)) this.#objects.set(part, [place[0], place[1], key]);
    }
  }

  #written(value: unknown): unknown {
    const place = this.#placeOf(value);
    if (place) return { "~": place } satisfies Elsewhere;
    return withParts(value, (part) => {
      const known = this.#placeOf(part);
      return known ? ({ "~": known } satisfies Elsewhere) : undefined;
    });
  }

  #placeOf(value: unknown): Place | undefined {
    if (typeof value === "string") return value.length < SHORTEST_TEXT ? undefined : this.#texts.get(value);
    return isObject(value) ? this.#objects.get(value) : undefined;
  }
}

/** An event whose members are being put back. */
interface Restoring {
  readonly seq: number;
  readonly payload: Payload;
}

/** Puts values back in their places. What is not among the events that were read is asked for. */
export class ValueReader {
  readonly #known = new Map<number, Payload>();
  readonly #find: (seq: number) => Promise<NewEvent | undefined>;
  readonly #mostKnown: number;

  constructor(find: (seq: number) => Promise<NewEvent | undefined>, mostKnown = MOST_KNOWN) {
    this.#find = find;
    this.#mostKnown = mostKnown;
  }

  /** The event with its values, at once when it has all of them. Events are best given in their order. */
  restore<E extends NewEvent>(event: E): E | Promise<E> {
    const payload = payloadOf(event.data);
    if (!payload) return event;
    if ((event.data as Data)["~"] === 1) return this.#restored(event, payload);
    this.#know(event.seq, payload);
    return event;
  }

  /** The result with its output. */
  async restoreResult(value: unknown): Promise<unknown> {
    if (!isObject(value) || value["~"] !== 1) return value;
    const { "~": _marked, ...record } = value;
    return { ...record, output: await this.#valueOf(record["output"]) };
  }

  async #restored<E extends NewEvent>(event: E, payload: Payload): Promise<E> {
    const restored: Record<string, unknown> = { ...payload };
    // In the order in which they were written: a member may stand in the place of one before it.
    const own = { seq: event.seq, payload: restored };
    for (const member of Object.keys(MEMBERS)) if (isObject(payload[member])) restored[member] = await this.#valueOf(payload[member], own);
    this.#know(event.seq, restored);
    const { "~": _marked, ...data } = event.data as Data & object; // it has a payload
    return { ...event, data: { ...data, chunk: { ...data.chunk, payload: restored } } };
  }

  async #read(seq: number): Promise<Payload | undefined> {
    const event = await this.#find(seq);
    return event && payloadOf((await this.restore(event)).data);
  }

  #know(seq: number, payload: Payload): void {
    this.#known.set(seq, payload);
    if (this.#known.size <= this.#mostKnown) return;
    const [oldest = 0] = this.#known.keys();
    this.#known.delete(oldest);
  }

  async #valueOf(written: unknown, own?: Restoring): Promise<unknown> {
    if (isElsewhere(written)) return this.#at(written["~"], own);
    if (isOwn(written)) return written.value;
    if (!isObject(written)) return written;
    let parts: Record<string | number, unknown> | undefined;
    for (const [key, part] of partsOf(written)) {
      if (!isElsewhere(part) && !isOwn(part)) continue;
      parts ??= copyOf(written);
      parts[key] = isElsewhere(part) ? await this.#at(part["~"], own) : part.value;
    }
    return parts ?? written;
  }

  async #at([seq, member, key]: Place, own?: Restoring): Promise<unknown> {
    const payload = own?.seq === seq ? own.payload : (this.#known.get(seq) ?? (await this.#read(seq)));
    const value = payload?.[member];
    return key === undefined ? value : (value as Readonly<Record<string | number, unknown>> | undefined)?.[key];
  }
}

/** The value with other parts where `other` gives one. What looks like our own marks is marked as the run's own. */
function withParts(value: unknown, other: (part: unknown) => Elsewhere | undefined): unknown {
  if (!isObject(value)) return value;
  if (looksLikeOurs(value)) return { "~": "own", value } satisfies Own;
  let parts: Record<string | number, unknown> | undefined;
  for (const [key, part] of partsOf(value)) {
    const written = other(part) ?? (looksLikeOurs(part) ? ({ "~": "own", value: part } satisfies Own) : undefined);
    if (written) (parts ??= copyOf(value))[key] = written;
  }
  return parts ?? value;
}

function escaped(value: unknown): unknown {
  return withParts(value, () => undefined);
}

function payloadOf(data: unknown): Payload | undefined {
  const chunk = isObject(data) ? data["chunk"] : undefined;
  return isObject(chunk) && isObject(chunk["payload"]) ? chunk["payload"] : undefined;
}

const NO_PARTS: readonly [string, unknown][] = [];

/** Of lists and plain objects. Others say themselves what their JSON is. */
function partsOf(value: object): Iterable<[string | number, unknown]> {
  if (Array.isArray(value)) return (value as unknown[]).entries();
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.entries(value) : NO_PARTS;
}

function copyOf(value: object): Record<string | number, unknown> {
  return (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string | number, unknown>; // by its keys
}

function isLarge(value: unknown): boolean {
  return typeof value === "string" ? value.length >= SHORTEST_TEXT : isObject(value);
}

function looksLikeOurs(value: unknown): boolean {
  return isObject(value) && "~" in value;
}

function isElsewhere(value: unknown): value is Elsewhere {
  return isObject(value) && Array.isArray(value["~"]);
}

function isOwn(value: unknown): value is Own {
  return isObject(value) && value["~"] === "own";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
