/** What the order of a response's events has to be, as a machine that stops at the first event out of place. */
import { strictEqual, deepStrictEqual } from "node:assert";

type Json = Record<string, unknown>;
export interface ResponseEvent extends Json {
  readonly type: string;
  readonly sequence_number: number;
}

/** The events of a stream. Each block names its event's type. */
export function readEvents(body: string): ResponseEvent[] {
  return body
    .split("\n\n")
    .filter((block) => block !== "" && !block.startsWith(":"))
    .map((block) => {
      const [, type, json] = /^event: (\S+)\ndata: (.*)$/.exec(block) ?? [];
      if (json === undefined) throw new Error(`not an event: ${block}`);
      const event = JSON.parse(json) as ResponseEvent;
      strictEqual(event.type, type);
      return event;
    });
}

interface Open {
  readonly item: Json;
  /** Texts by the family of their events, and whether they have ended. */
  readonly texts: Map<string, { text: string; done: boolean }>;
  part: "none" | "open" | "done";
  done: boolean;
}

const TERMINAL = new Set(["response.completed", "response.incomplete", "response.failed"]);
const PARTS = new Set(["response.content_part", "response.reasoning_summary_part"]);
/** The kind of item whose text events of a family belong to, and the member of `.done` that has the whole. */
const FAMILIES: Readonly<Record<string, readonly [kind: string, whole: string]>> = {
  "response.output_text": ["message", "text"],
  "response.reasoning_summary_text": ["reasoning", "text"],
  "response.function_call_arguments": ["function_call", "arguments"],
  "response.mcp_call_arguments": ["mcp_call", "arguments"],
};

/** The response as the last event tells it. @throws Error at the first event out of place. */
export function checkOrder(events: readonly ResponseEvent[]): Json {
  const items: Open[] = [];
  const ids = new Set<unknown>();
  for (const [index, event] of events.entries()) {
    strictEqual(event.sequence_number, index + 1, "events are numbered one by one");
    const { type } = event;
    if (index < 2) {
      strictEqual(type, ["response.created", "response.in_progress"][index]);
      continue;
    }
    strictEqual(TERMINAL.has(type), index === events.length - 1, `${type} at ${index} of ${events.length}`);
    if (TERMINAL.has(type)) return checkEnd(event, items);
    checkItemEvent(event, items, ids);
  }
  throw new Error("the response does not end");
}

function checkItemEvent(event: ResponseEvent, items: Open[], ids: Set<unknown>): void {
  const { type, output_index: index } = event;
  if (type === "response.output_item.added") {
    const item = event.item as Json;
    strictEqual(index, items.length, "items come in their order");
    strictEqual(ids.has(item.id), false, "ids are unique");
    ids.add(item.id);
    items.push({ item, texts: new Map(), part: "none", done: false });
    return;
  }
  const open = items[index as number];
  if (!open || open.done) throw new Error(`${type} for an item that is not open`);
  if (type === "response.output_item.done") {
    const item = event.item as Json;
    deepStrictEqual([item.id, item.type], [open.item.id, open.item.type]);
    strictEqual(open.part === "open", false, "an item ends after its part");
    for (const { done } of open.texts.values()) strictEqual(done, true, "an item ends after its texts");
    items[index as number] = { ...open, item, done: true };
    return;
  }
  strictEqual(event.item_id, open.item.id);
  const cut = type.lastIndexOf(".");
  const [family, verb] = [type.slice(0, cut), type.slice(cut + 1)];
  if (PARTS.has(family)) {
    strictEqual(open.part, verb === "added" ? "none" : "open");
    open.part = verb === "added" ? "open" : "done";
  } else if (Object.hasOwn(FAMILIES, family)) checkText(event, open, family, verb);
  else
    strictEqual(
      /^response\.(mcp_call\.(in_progress|completed|failed)|output_text\.annotation\.added)$/.test(type),
      true,
      `unknown event ${type}`,
    );
}

function checkText(event: ResponseEvent, open: Open, family: string, verb: string): void {
  const [kind, whole] = FAMILIES[family] ?? ["", ""];
  strictEqual(open.item.type, kind);
  const state = open.texts.get(family) ?? { text: "", done: false };
  open.texts.set(family, state);
  strictEqual(state.done, false, `${family} goes on after its end`);
  if (verb === "delta") state.text += event.delta as string;
  else {
    strictEqual(verb, "done");
    strictEqual(event[whole], state.text, "the deltas make up the whole");
    state.done = true;
  }
}

function checkEnd(event: ResponseEvent, items: readonly Open[]): Json {
  const response = event.response as Json;
  strictEqual(`response.${String(response.status)}`, event.type);
  for (const { done } of items) strictEqual(done, true, "every item has ended");
  const output = response.output as Json[];
  // What was said before a run began again is void.
  deepStrictEqual(
    output,
    items.slice(items.length - output.length).map(({ item }) => item),
  );
  for (const { item } of items.slice(0, items.length - output.length)) strictEqual(item.status === "in_progress", false);
  strictEqual(response.status === "failed", response.error !== null);
  strictEqual(response.status === "incomplete", response.incomplete_details !== null);
  strictEqual(response.status === "completed", response.completed_at !== null);
  return response;
}
