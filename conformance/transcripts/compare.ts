/**
 * When does our reply agree with a recorded one? Status, framing, the order of chunk types and the skeleton of the JSON count: every key of the
 * recorded reply is in ours with a value of the same JSON type. Values are free, and more keys are fine.
 */
import { framesOf, isObject } from "./transcript.ts";
import type { Json, RecordedResponse } from "./transcript.ts";

/** Keys that a server may fill or leave out as it likes: internals, and what must not go out (prompts, provider requests and headers, stacks). */
const FREE_KEYS: ReadonlySet<string> = new Set([
  ...["stack", "raw", "request", "headers", "date", "instructions", "modelMetadata", "fn", "mapConfig", "cause", "domain"],
  ...["category", "details", "uiMessages", "dbMessages", "observability"],
]);
/** A member that is named by an id of its own run, such as a message or a tool call in a map. */
const GENERATED_KEY = /[0-9a-f]{8}-[0-9a-f-]{27}$|^call-\d+$/;
/** Lists are sampled: their items are alike. */
const SAMPLED_ITEMS = 3;

type Kind = "null" | "array" | "object" | "string" | "number" | "boolean";

function kindOf(value: Json): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  const kind = typeof value;
  return kind === "string" || kind === "number" || kind === "boolean" ? kind : "object";
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** What the skeleton of `expected` has and that of `actual` has not, as `path: what` lines. */
export function compareSkeletons(expected: Json, actual: Json, path = ""): string[] {
  if (expected === null) return [];
  if (kindOf(expected) !== kindOf(actual)) return [`${path}: ${kindOf(expected)} became ${kindOf(actual)}`];
  if (isArray(expected) && isArray(actual)) {
    if (expected.length > 0 && actual.length === 0) return [`${path}: items are missing`];
    return expected
      .slice(0, Math.min(SAMPLED_ITEMS, actual.length))
      .flatMap((item, index) => compareSkeletons(item, actual[index] ?? null, `${path}[${index}]`));
  }
  if (!isObject(expected) || !isObject(actual)) return [];
  const found = new Map(Object.entries(actual));
  return Object.entries(expected).flatMap(([key, value]) => {
    if (FREE_KEYS.has(key) || value === null) return [];
    const sameId = GENERATED_KEY.test(key) && !found.has(key) ? [...found.keys()].find((other) => GENERATED_KEY.test(other)) : key;
    const ours = found.get(sameId ?? key);
    if (ours === undefined) return [`${path}.${key}: missing`];
    return compareSkeletons(value, ours, `${path}.${key}`);
  });
}

function typeOf(frame: Json): string {
  const type = isObject(frame) ? frame["type"] : frame;
  return typeof type === "string" ? type : JSON.stringify(frame).slice(0, 12);
}

/** The types of a stream's chunks; a run of equal types counts once. */
export function chunkTypes(frames: readonly Json[]): string[] {
  return frames.map(typeOf).filter((type, index, all) => type !== all[index - 1]);
}

function compareFrames(expected: readonly Json[], actual: readonly Json[]): string[] {
  const [wanted, found] = [chunkTypes(expected).join(" "), chunkTypes(actual).join(" ")];
  const order = wanted === found ? [] : [`chunks ${wanted} became ${found}`];
  const firstOfType = new Map(expected.toReversed().map((frame) => [typeOf(frame), frame]));
  const members = [...firstOfType].reverse().flatMap(([type, frame]) => {
    const ours = actual.find((candidate) => typeOf(candidate) === type);
    return ours === undefined ? [] : compareSkeletons(frame, ours, type);
  });
  return [...order, ...members];
}

/** Everything in which our reply differs from the recorded one. A recorded 5xx may be a 4xx of ours; then nothing else is compared. */
export function compareResponses(expected: RecordedResponse, actual: RecordedResponse): string[] {
  const isCallersFault = expected.status >= 500 && actual.status >= 400 && actual.status < 500;
  const status = expected.status === actual.status || isCallersFault ? [] : [`status ${expected.status} became ${actual.status}`];
  if (expected.status >= 500) return status;
  if (expected.framing !== actual.framing)
    return expected.framing === "text" ? status : [...status, `framing ${expected.framing} became ${actual.framing}`];
  const [wanted, found] = [framesOf(expected), framesOf(actual)];
  if (wanted && found) return [...status, ...compareFrames(wanted, found)];
  if ("body" in expected && "body" in actual) return [...status, ...compareSkeletons(expected.body, actual.body)];
  return status;
}
