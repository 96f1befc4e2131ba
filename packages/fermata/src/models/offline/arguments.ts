/** Fills a tool's arguments from a message. Nothing is invented: what the message does not say is reported as missing. */
import type { JSONSchema7, JSONValue } from "@ai-sdk/provider";
import { findNumbers, typedMentions } from "./mentions.ts";
import { listedAfter, pickByRole, withPreposition } from "./mention-choice.ts";
import { quotations, take, type Mention, type Passage } from "./passage.ts";
import { findPeople, findPlaces, insideText, namedText, nextQuotation, remainder, soughtText, stemsOf } from "./phrases.ts";
import { reserveText } from "./reserve.ts";
import { itemsOf, MAX_DEPTH } from "./schema.ts";
import { isTyped, slotsOf, type Slot } from "./slots.ts";
import { booleanFor, choicesFor, numberFor } from "./values.ts";
import { nameWords } from "./words.ts";

export interface FillContext {
  readonly now: Date;
  /** The tool's name, whose words are not part of any argument. */
  readonly toolName: string;
  readonly description: string;
  /** Values known from earlier in the turn, by argument name: results of other tools, the call that a follow-up varies. */
  readonly known?: Readonly<Record<string, JSONValue>>;
}

export type Input = Record<string, JSONValue>;

export interface Filled {
  readonly input: Input;
  readonly missing: readonly Slot[];
  /** Further values for a scalar argument ("in Paris and Rome"): one more call each. */
  readonly more: readonly { readonly name: string; readonly values: readonly JSONValue[] }[];
  /** How many arguments were recognised by their looks; evidence that the tool is meant. */
  readonly typed: number;
}

/** Fills the properties of `schema` from `passage`, taking what it uses. `root` is where references resolve. */
export function fillArguments(schema: JSONSchema7, root: JSONSchema7, passage: Passage, context: FillContext, depth = 0): Filled {
  const slots = slotsOf(schema, root, `${context.toolName} ${context.description}`);
  const found = new Map<string, JSONValue>();
  const more: { name: string; values: readonly JSONValue[] }[] = [];
  let typed = 0;
  reserveText(slots, passage, found);
  for (const slot of [...slots].sort((left, right) => rank(left) - rank(right))) {
    if (found.has(slot.name)) continue;
    const value = fillSlot({ slot, slots, root, passage, context, depth });
    if (value === undefined) continue;
    found.set(slot.name, value.value);
    if (value.more.length > 0) more.push({ name: slot.name, values: value.more });
    typed += value.typed;
  }
  return { ...settle(slots, found, context), more, typed };
}

/** Puts the values in the order of the schema, adds what is known or has a default, and names what is missing. */
function settle(slots: readonly Slot[], found: ReadonlyMap<string, JSONValue>, context: FillContext): { input: Input; missing: Slot[] } {
  const input: Input = {};
  const missing: Slot[] = [];
  for (const slot of slots) {
    const value = found.get(slot.name) ?? context.known?.[slot.name];
    if (value !== undefined) input[slot.name] = value;
    else if (slot.schema.const !== undefined && slot.required) input[slot.name] = slot.schema.const;
    else if (slot.required && slot.schema.default !== undefined) input[slot.name] = slot.schema.default;
    else if (slot.required) missing.push(slot);
  }
  return { input, missing };
}

/** The most recognisable arguments choose first; free text takes what they leave. */
function rank(slot: Slot): number {
  const order =
    slot.schema.enum !== undefined
      ? 0
      : slot.type === "number" || slot.type === "integer"
        ? 4
        : slot.type === "boolean"
          ? 5
          : slot.type === "object"
            ? 6
            : slot.type === "array"
              ? isTyped(slot.kind)
                ? 2
                : 8
              : ["email", "url", "phone", "expression", "ticker", "currency", "language", "timezone"].includes(slot.kind)
                ? 1
                : ["date", "time"].includes(slot.kind)
                  ? 2
                  : isTyped(slot.kind)
                    ? 3
                    : slot.kind === "place" || slot.kind === "person"
                      ? 7
                      : slot.kind === "title"
                        ? 9
                        : slot.kind === "query"
                          ? 10
                          : 11;
  // Of a pair, "from" chooses first; and a required argument goes before an optional one of the same kind.
  return order * 10 + (slot.required ? 0 : 3) + (slot.role === "to" ? 1 : 0);
}

interface Task {
  readonly slot: Slot;
  readonly slots: readonly Slot[];
  readonly root: JSONSchema7;
  readonly passage: Passage;
  readonly context: FillContext;
  readonly depth: number;
}

interface Found {
  readonly value: JSONValue;
  readonly more: readonly JSONValue[];
  readonly typed: number;
}

const only = (value: JSONValue, typed = 0): Found => ({ value, more: [], typed });

function fillSlot(task: Task): Found | undefined {
  const { slot, passage } = task;
  if (slot.schema.const !== undefined) return undefined;
  if (Array.isArray(slot.schema.enum)) return choose(task, choicesFor(slot, slot.schema.enum, passage) as Mention<JSONValue>[]); // an enum holds parsed JSON
  switch (slot.type) {
    case "number":
    case "integer": {
      const number = numberFor(slot, passage);
      if (number === undefined) return undefined;
      take(passage, number);
      return only(number.value, 0.5);
    }
    case "boolean": {
      const truth = booleanFor(slot, passage);
      return truth === undefined ? undefined : only(truth);
    }
    case "array":
      return fillArray(task);
    case "object":
      return fillObject(task);
    case "null":
      return undefined;
    default:
      return fillString(task);
  }
}

function fillObject({ slot, root, passage, context, depth }: Task): Found | undefined {
  if (depth >= MAX_DEPTH) return undefined;
  const inner = fillArguments(slot.schema, root, passage, { ...context, known: {} }, depth + 1);
  const isEmpty = Object.keys(inner.input).length === 0;
  if (inner.missing.length > 0 || (isEmpty && !slot.required)) return undefined;
  return only(inner.input, inner.typed);
}

function fillString(task: Task): Found | undefined {
  const { slot, passage, context } = task;
  const typed = typedMentions(slot, passage, context.now);
  if (typed !== undefined && typed.length > 0) {
    const isNamed =
      slot.required || slot.kind !== "id" || slot.words.some((word) => word.length > 2 && passage.text.toLowerCase().includes(word));
    return isNamed ? choose(task, typed, 1) : undefined;
  }
  if (typed !== undefined && ["email", "url", "phone", "date", "time", "currency", "expression", "timezone"].includes(slot.kind))
    return undefined;
  if (slot.kind === "place") return choose(task, findPlaces(passage, slot.role !== undefined), 0.5);
  if (slot.kind === "person") return choose(task, findPeople(passage, slot.required), 0.3);
  const quoted = nextQuotation(passage);
  if (quoted !== undefined) return choose(task, quotations(passage));
  const free = typed === undefined ? freeText(task) : undefined;
  if (free === undefined) return undefined;
  take(passage, free);
  return only(free.value);
}

/** Only required free text is taken from the words that are left; an optional one would swallow them. */
function freeText({ slot, slots, passage, context, depth }: Task): Mention | undefined {
  const stems = stemsOf(nameWords(context.toolName));
  if (slot.words.includes("prompt")) return { value: passage.text.trim(), start: 0, end: passage.text.length };
  if (!slot.required && (depth > 0 || slots.some((other) => other !== slot && other.required && !isTyped(other.kind)))) return undefined;
  if (!slot.required && slot.kind !== "query") return undefined;
  if (slot.kind === "query") return soughtText(passage, stems);
  if (slot.kind === "title") return namedText(passage) ?? remainder(passage, stems);
  return (slot.kind === "text" ? insideText(passage, slot.words) : undefined) ?? remainder(passage, stems);
}

/** Picks the mention that fits the slot's end of a pair, takes it with its preposition, and keeps what is listed behind it. */
function choose<T extends JSONValue>(task: Task, mentions: readonly Mention<T>[], typed = 0.8): Found | undefined {
  const { slot, slots, passage } = task;
  const pick = pickByRole(slot, mentions, passage);
  if (pick === undefined) return undefined;
  const hasTwin = slots.some((other) => other !== slot && other.kind === slot.kind && other.role !== undefined && other.role !== slot.role);
  const listed = hasTwin && slot.role !== "to" ? [] : listedAfter(slot, pick, mentions, passage);
  for (const mention of [pick, ...listed]) take(passage, withPreposition(mention, passage));
  return { value: pick.value, more: listed.map((mention) => mention.value).filter((value) => value !== pick.value), typed };
}

const LIST =
  /[\p{L}\p{N}@._'’-]+(?:\s[\p{L}\p{N}@._'’-]+){0,3}(?:\s*,\s*(?:and\s+)?[\p{L}\p{N}@._'’-]+(?:\s[\p{L}\p{N}@._'’-]+){0,2})*\s*,?\s+and\s+[\p{L}\p{N}@._'’-]+(?:\s[\p{L}\p{N}@._'’-]+){0,2}/u;

function fillArray(task: Task): Found | undefined {
  const { slot, root, passage, context, depth } = task;
  const item = itemsOf(slot.schema, root);
  const itemType = item.type ?? (item.properties ? "object" : "string");
  const takeAll = <T extends JSONValue>(mentions: readonly Mention<T>[], typed: number): Found | undefined => {
    for (const mention of mentions) take(passage, withPreposition(mention, passage));
    return mentions.length === 0
      ? undefined
      : only(
          mentions.map((mention) => mention.value),
          typed,
        );
  };
  if (Array.isArray(item.enum)) return takeAll(choicesFor(slot, item.enum, passage) as Mention<JSONValue>[], 0.8); // an enum holds parsed JSON
  if (itemType === "number" || itemType === "integer") return takeAll(findNumbers(passage), 0.8);
  if (itemType === "object") {
    const inner = depth >= MAX_DEPTH ? undefined : fillArguments(item, root, passage, { ...context, known: {} }, depth + 1);
    return inner === undefined || inner.missing.length > 0 || Object.keys(inner.input).length === 0
      ? undefined
      : only([inner.input], inner.typed);
  }
  if (itemType !== "string") return undefined;
  const typed = typedMentions({ ...slot, schema: item }, passage, context.now);
  if (typed !== undefined) return takeAll(typed, 1);
  const quoted = quotations(passage);
  if (quoted.length > 0) return takeAll(quoted, 0);
  if (slot.kind === "person") return takeAll(findPeople(passage, slot.required), 0.3);
  if (slot.kind === "place") return takeAll(findPlaces(passage, false), 0.3);
  return fillList(task);
}

function fillList({ slot, passage, context }: Task): Found | undefined {
  const label = /\b(?:tags?|labels?|items?|ingredients|keywords?|attendees)\b\s*:?\s*([^\u0001.;!?]{1,300})/i.exec(passage.rest);
  const rest = remainder(passage, stemsOf(nameWords(context.toolName)));
  const source = label?.[1] ?? (rest === undefined ? undefined : (LIST.exec(rest.value)?.[0] ?? (slot.required ? rest.value : undefined)));
  if (source === undefined) return undefined;
  const items = source
    .split(/\s*,\s*(?:and\s+)?|\s+and\s+/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const start = passage.rest.indexOf(source);
  if (start >= 0) take(passage, { start, end: start + source.length });
  return items.length === 0 ? undefined : only(items);
}
