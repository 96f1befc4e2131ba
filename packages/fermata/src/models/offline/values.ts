/** Numbers, truth values and choices for an argument. */
import { CURRENCY, currencyCode, unitNames } from "./lexicon.ts";
import { findNumbers } from "./mentions.ts";
import { findAll, wordAfter, wordBefore, type Mention, type Passage } from "./passage.ts";
import { descriptionOf } from "./schema.ts";
import type { Slot } from "./slots.ts";
import { literal, nameWords, relatedTo, stem, wordsOf } from "./words.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  second: 1000,
  sec: 1000,
  minute: 60_000,
  min: 60_000,
  hour: 3_600_000,
  hr: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};
const AMOUNT = /\b(amount|value|number|quantity|count|qty|sum|total|price|budget)\b/;
const LIMIT = /\b(limit|max|maximum|count|top|size|results|num|number)\b/;
const SPAN =
  /\b(an?|one|half an|\d+(?:\.\d+)?|two|three|four|five|six|ten|fifteen|twenty|thirty|forty[- ]five)[\s-]?(hours?|hrs?|minutes?|mins?|seconds?|secs?|days?|weeks?)\b/gi;
const SPELLED: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  one: 1,
  "half an": 0.5,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  ten: 10,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  "forty-five": 45,
  "forty five": 45,
};

/** The number that belongs to `slot`. An optional one must be labelled ("3 days", "limit 5"); a required one takes what is there. */
export function numberFor(slot: Slot, passage: Passage): Mention<number> | undefined {
  const span = durationFor(slot, passage);
  if (span !== undefined) return span;
  const numbers = findNumbers(passage);
  const labels = new Set(slot.words.map(stem));
  const hints = new Set(wordsOf(descriptionOf(slot.schema)).map((word) => word.stem));
  const score = (one: Mention<number>): number => {
    const around = [
      stem(wordAfter(passage, one.end)),
      stem(wordBefore(passage, one.start)),
      stem(wordBefore(passage, one.start - wordBefore(passage, one.start).length - 1)),
    ];
    if (around.some((word) => labels.has(word))) return 3;
    if (around.some((word) => word !== "" && [...labels].some((label) => relatedTo(label).has(word)))) return 2;
    if (AMOUNT.test(slot.words.join(" ")) && /^\s?(?:[$€£¥])|^[$€£¥]/.test(passage.text.slice(Math.max(0, one.start - 1), one.start)))
      return 2;
    if (
      AMOUNT.test(slot.words.join(" ")) &&
      new RegExp(`^\\s?(?:${CURRENCY.source})`, "iu").test(passage.text.slice(one.end, one.end + 24))
    )
      return 2;
    if (
      LIMIT.test(slot.words.join(" ")) &&
      /\b(?:first|top|last|max|maximum|limit|limited to|up to|at most|only)\W*$/i.test(
        passage.text.slice(Math.max(0, one.start - 16), one.start),
      )
    )
      return 2;
    return around[0] !== undefined && around[0].length > 2 && hints.has(around[0]) ? 2 : 0;
  };
  const best = numbers.map((one) => ({ one, points: score(one) })).sort((left, right) => right.points - left.points)[0];
  if (best === undefined) return undefined;
  if (best.points === 0 && !slot.required && !AMOUNT.test(slot.words.join(" "))) return undefined;
  return { ...best.one, value: fitNumber(slot, best.one.value) };
}

/** "an hour" for `durationMinutes` is 60. */
function durationFor(slot: Slot, passage: Passage): Mention<number> | undefined {
  const text = `${slot.words.join(" ")} ${descriptionOf(slot.schema).toLowerCase()}`;
  if (!/\b(duration|length|days?|nights?|minutes?|hours?|seconds?|ms|milliseconds?|timeout|delay|interval|mins?)\b/.test(text))
    return undefined;
  const target =
    /\b(milliseconds?|ms|seconds?|minutes?|mins?|hours?|days?|nights?)\b/.exec(text)?.[1]?.replace(/s$/, "").replace("night", "day") ??
    "minute";
  const perTarget = UNIT_MS[target === "m" ? "ms" : target] ?? 60_000;
  return findAll(passage, SPAN, (match) => {
    const count = SPELLED[match[1]?.toLowerCase() ?? ""] ?? Number(match[1]);
    const unit = UNIT_MS[(match[2] ?? "").toLowerCase().replace(/s$/, "")];
    return unit === undefined || Number.isNaN(count) ? undefined : (count * unit) / perTarget;
  })[0];
}

/** Rounds for an integer schema. Bounds are not enforced here: a number out of range is the user's, and the tool says so. */
function fitNumber(slot: Slot, value: number): number {
  return slot.type === "integer" ? Math.round(value) : value;
}

const NO = /\b(?:off|no|not|don['’]?t|do not|without|disable|disabled|false|never|skip|exclude|excluding)\b/i;
const YES = /\b(?:on|yes|true|enable|enabled|with|include|including|please)\b/i;

/** A truth value, when the message speaks of what the argument is about. */
export function booleanFor(slot: Slot, passage: Passage): boolean | undefined {
  const about = slot.words
    .filter((word) => !/^(?:is|has|include|includes|enable|enabled|with|should|use|allow|send|state|value|flag)$/.test(word))
    .map(stem);
  const words = wordsOf(passage.text);
  const hit = words.find((word) => about.includes(word.stem));
  if (hit !== undefined)
    return (
      !NO.test(passage.text.slice(Math.max(0, hit.start - 24), hit.start)) && !/^\W*(?:off|false|no)\b/i.test(passage.text.slice(hit.end))
    );
  if (/^(?:on|enabled?|active|state|value|power)$/.test(slot.words.join(" ")) || slot.required) {
    if (NO.test(passage.text)) return false;
    if (YES.test(passage.text)) return true;
  }
  return undefined;
}

const ALIASES: Readonly<Record<string, string>> = {
  high: "urgent|urgently|important|asap|critical|top",
  low: "minor|whenever|not urgent",
  medium: "normal|moderate|average",
  metric: "celsius|centigrade",
  imperial: "fahrenheit",
  celsius: "metric|centigrade|°c|c",
  fahrenheit: "imperial|°f|f",
  daily: "every day|each day",
  weekly: "every week|each week",
  monthly: "every month|each month",
  asc: "ascending|oldest first",
  desc: "descending|newest first",
  off: "disable",
  on: "enable",
};

/** Every value of an enum that the message names, longest match first at each place. */
export function choicesFor(slot: Slot, options: readonly unknown[], passage: Passage): Mention<unknown>[] {
  const found: Mention<unknown>[] = [];
  for (const option of options.slice(0, 300)) {
    if (typeof option !== "string" && typeof option !== "number") continue;
    for (const mention of findAll(passage, patternOf(slot, String(option)), () => option)) found.push(mention);
  }
  if (slot.kind === "currency")
    for (const mention of findAll(passage, CURRENCY, (match) => currencyCode(match[0])))
      if (options.includes(mention.value)) found.push(mention);
  return found
    .sort((left, right) => right.end - right.start - (left.end - left.start) || left.start - right.start)
    .filter((one, index, all) => all.slice(0, index).every((other) => one.start >= other.end || one.end <= other.start))
    .sort((left, right) => left.start - right.start);
}

function patternOf(slot: Slot, option: string): RegExp {
  const words = nameWords(option);
  const own = words.length === 0 ? literal(option) : words.map(literal).join("[ _-]?");
  const units =
    slot.kind === "unit" || slot.words.includes("unit") || slot.words.includes("units")
      ? unitNames(option)
          .filter((name) => name !== option.toLowerCase())
          .map(literal)
      : [];
  const aliases = ALIASES[option.toLowerCase()];
  const short = units.filter((name) => name.length > 1 || slot.role !== undefined);
  // "a run" means running: a single word is also met by its stem.
  const root = words.length === 1 && option.length > 4 ? [`${literal(stem(option.toLowerCase()))}\\p{L}{0,3}`] : [];
  const all = [own, ...root, ...short, ...(aliases === undefined ? [] : [aliases])].join("|");
  return new RegExp(
    `(?<![\\p{L}\\p{N}])(?:${all})s?(?![\\p{L}\\p{N}])${short.length > 0 ? `|(?<=\\d)(?:${[own, ...short].join("|")})(?!\\p{L})` : ""}`,
    "giu",
  );
}
