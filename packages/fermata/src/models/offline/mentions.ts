/** Finds values that are recognised by their looks: addresses, ids, numbers, names. */
import { CURRENCY, currencyCode, LANGUAGE, languageCode, NUMBER_WORDS, UNIT } from "./lexicon.ts";
import { findDays, findTimes } from "./dates.ts";
import { findAll, wordAfter, wordBefore, type Mention, type Passage } from "./passage.ts";
import { descriptionOf } from "./schema.ts";
import type { Slot } from "./slots.ts";
import { capitalise, isStopWord, stem } from "./words.ts";
import { isVerb } from "./intent.ts";

const EMAIL = /[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}/gi;
const URL =
  /https?:\/\/[^\s"'<>\u0001]{1,2000}[^\s"'<>\u0001.,;:!?)]|\bwww\.[^\s"'<>\u0001]{1,500}[^\s"'<>\u0001.,;:!?)]|\b[a-z0-9-]{1,63}\.(?:com|org|net|io|dev|ai|app)\b(?:\/[^\s\u0001]{0,500}[^\s\u0001.,;:!?)])?/gi;
const PATH = /(?<![\w/])(?:~|\.{1,2})?\/[\w.-]+(?:\/[\w.-]*\w)*\/?|\b[\w-]+(?:\/[\w-]+)*\.[a-z][a-z0-9]{1,4}\b|\b[\w-]+(?:\/[\w-]+)+\/?/gi;
const PHONE = /\+?\d[\d\s().-]{5,18}\d/g;
const ID =
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|#\w[\w-]*|\b(?=[\w-]{0,40}\d)[A-Za-z]{1,10}[-_]?\d[\w-]*\b|\b\d[\w-]*[A-Za-z][\w-]*\b|\b\d{2,}(?:-\d+)*\b/g;
const TICKER = /\$[A-Za-z]{1,5}\b|(?<![\p{L}\p{N}])[A-Z]{1,5}(?:\.[A-Z])?(?![\p{L}\p{N}'’])/gu;
const DURATION =
  /\b(?:\d+(?:\.\d+)?|an?|one|two|three|four|five|six|ten|half an)[\s-]?(?:hours?|hrs?|h|minutes?|mins?|seconds?|secs?|days?|weeks?)\b/gi;
const ZONE = /\b(?:[A-Z][a-z]+\/[A-Z][A-Za-z_]+|UTC(?:[+-]\d{1,2})?|GMT(?:[+-]\d{1,2})?|[ECMP][SD]T|CEST|CET)\b/g;
const EXPRESSION =
  /(?:sqrt|sin|cos|tan|log|abs)?[([]*\s*-?\d[\d.,]*\s*%?(?:[)\]\s]*(?:[-+*/^×÷%]|\*\*)\s*[([\s]*-?(?:sqrt|sin|cos|tan|log|abs)?[([]*\d[\d.,]*%?[)\]]*)+|\b(?:sqrt|sin|cos|tan|log|abs)\([\d.]+\)/gi;

/** Candidates for a slot of a kind that shows by its looks; `undefined` for the other kinds. */
export function typedMentions(slot: Slot, passage: Passage, now: Date): Mention[] | undefined {
  switch (slot.kind) {
    case "email":
      return findAll(passage, EMAIL, (match) => match[0]);
    case "url":
      return findAll(passage, URL, (match) => match[0]);
    case "path":
      return findAll(passage, PATH, (match) => match[0]);
    case "phone":
      return findAll(passage, PHONE, (match) => match[0].trim());
    case "ticker":
      return findAll(passage, TICKER, (match) =>
        /^(?:I|A|OK|PM|AM|USD|EUR|GBP|TV)$/.test(match[0]) ? undefined : match[0].replace("$", "").toUpperCase(),
      );
    case "duration":
      return findAll(passage, DURATION, (match) => match[0]);
    case "timezone":
      return zones(slot, passage);
    case "currency":
      return findAll(passage, CURRENCY, (match) => currencyCode(match[0]));
    case "unit":
      return findAll(passage, UNIT, (match) => match[0].trim());
    case "language":
      return findAll(passage, LANGUAGE, (match) => (wantsCode(slot) ? languageCode(match[0]) : capitalise(match[0].toLowerCase())));
    case "date":
      return dayMentions(slot, passage, now);
    case "time":
      return findTimes(passage).map((time) => ({ ...time, value: wantsClock(slot) ? time.value.clock : time.value.phrase }));
    case "id":
      return ids(slot, passage);
    case "expression":
      return expressions(passage);
    default:
      return undefined;
  }
}

/** An id behind its own noun ("order 5512") or with letters in it goes before a bare number, which may be an amount. */
function ids(slot: Slot, passage: Passage): Mention[] {
  const keepsSign = /#\p{L}/u.test(descriptionOf(slot.schema));
  const all = findAll(passage, ID, (match) => (keepsSign ? match[0] : match[0].replace(/^#/, "")));
  const nouns = new Set(slot.words);
  const sure = all.filter(
    (one) => nouns.has(wordBefore(passage, one.start)) || /[a-z#].*\d|\d.*[a-z]/i.test(passage.text.slice(one.start, one.end)),
  );
  return [...sure, ...all.filter((one) => !sure.includes(one))];
}

function zones(slot: Slot, passage: Passage): Mention[] {
  const named = findAll(passage, ZONE, (match) => match[0]);
  return named.length > 0 || !/\b(?:city|place|location)\b/i.test(descriptionOf(slot.schema)) ? named : findNames(passage);
}

/** Two letters are asked for when the description speaks of a code, or the schema holds the length down. */
function wantsCode(slot: Slot): boolean {
  return (
    slot.words.includes("code") ||
    (slot.schema.maxLength ?? 99) <= 3 ||
    /\bcode\b|\biso\b|'en'|"en"|\be\.?g\.? (?:en|fr|de|es)\b/i.test(descriptionOf(slot.schema))
  );
}

function wantsClock(slot: Slot): boolean {
  return slot.schema.format === "time" || /HH:mm|24|\d\d:\d\d/i.test(`${descriptionOf(slot.schema)} ${slot.schema.pattern ?? ""}`);
}

function dayMentions(slot: Slot, passage: Passage, now: Date): Mention[] {
  const { format } = slot.schema;
  const description = descriptionOf(slot.schema);
  const asInstant = format === "date-time" || /iso ?8601|date-time|datetime/i.test(description);
  const asIso = asInstant || format === "date" || /YYYY|\biso\b/i.test(description);
  const times = asInstant || !asIso ? findTimes(passage) : [];
  const found = findDays(passage, now).map((day): Mention => {
    if (!asIso) return withTime(passage, day, times);
    if (!asInstant || day.value.iso.includes("T"))
      return { ...day, value: asInstant ? instant(day.value.iso) : day.value.iso.slice(0, 10) };
    const time = times.find((one) => Math.abs(one.start - day.end) < 12 || Math.abs(day.start - one.end) < 12);
    const value = instant(`${day.value.iso}T${time?.value.clock ?? "00:00"}`);
    return time === undefined ? { ...day, value } : { value, start: Math.min(day.start, time.start), end: Math.max(day.end, time.end) };
  });
  if (found.length > 0 || times.length === 0) return found;
  const today = now.toISOString().slice(0, 10);
  return times.map((time) => ({ ...time, value: asInstant ? instant(`${today}T${time.value.clock}`) : time.value.phrase }));
}

function instant(text: string): string {
  const date = new Date(/(?:Z|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes("T") ? text : `${text}Z`);
  return Number.isNaN(date.getTime()) ? text : date.toISOString();
}

/** "tomorrow at 3pm" is one phrase when the argument takes free words. */
function withTime(passage: Passage, day: Mention<{ phrase: string }>, times: readonly Mention<unknown>[]): Mention {
  const next = times.find((time) => time.start >= day.end && /^\s*(?:at|,|around|by)?\s*$/.test(passage.rest.slice(day.end, time.start)));
  if (next === undefined) return { ...day, value: day.value.phrase };
  const start = day.end - day.value.phrase.length;
  return { value: passage.text.slice(start, next.end), start: day.start, end: next.end };
}

/** Arithmetic in signs, or in words that are rewritten as signs. */
function expressions(passage: Passage): Mention[] {
  const signs = findAll(passage, EXPRESSION, (match) => match[0].trim().replace(/×/g, "*").replace(/÷/g, "/"));
  if (signs.length > 0) return signs;
  const words = findAll(
    passage,
    /-?\d[\d.,]*(?:\s*(?:%|percent)\s*of\s*-?\d[\d.,]*|(?:\s*(?:plus|minus|times|multiplied by|divided by|x|to the power of|mod)\s*-?\d[\d.,]*)+)/gi,
    (match) => spell(match[0]),
  );
  const roots = findAll(passage, /(?:the )?square root of (\d[\d.]*)/gi, (match) => `sqrt(${match[1] ?? ""})`);
  return [...words, ...roots];
}

function spell(text: string): string {
  return text
    .replace(/\s*(?:%|percent)\s*of\s*/gi, " / 100 * ")
    .replace(/\s*plus\s*/gi, " + ")
    .replace(/\s*minus\s*/gi, " - ")
    .replace(/\s*(?:times|multiplied by|x)\s*/gi, " * ")
    .replace(/\s*divided by\s*/gi, " / ")
    .replace(/\s*to the power of\s*/gi, " ^ ")
    .replace(/\s*mod\s*/gi, " % ")
    .trim();
}

const NUMBER = /(?<![\w.]|\w-)[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\s?(?:k|thousand|million|m(?!\w))\b)?/gi;

const WORD = Object.keys(NUMBER_WORDS).join("|");
const SPELLED_NUMBER = new RegExp(`\\b(?:(?:${WORD})(?:[ -](?:${WORD}))*|a (?:dozen|hundred|thousand|million))\\b`, "gi");

/** Every number in what is left of the passage: figures ("1,250.5", "5k") and words ("three", "a dozen"). */
export function findNumbers(passage: Passage): Mention<number>[] {
  const figures = findAll(passage, NUMBER, (match) => {
    const scale = /k$|thousand$/i.test(match[0]) ? 1000 : /million$/i.test(match[0]) ? 1_000_000 : 1;
    const value = Number.parseFloat(match[0].replaceAll(",", "").replace("−", "-")) * scale;
    return Number.isFinite(value) ? value : undefined;
  });
  const words = findAll(passage, SPELLED_NUMBER, (match) => numberWord(match[0]));
  return [...figures, ...words].sort((left, right) => left.start - right.start);
}

function numberWord(text: string): number | undefined {
  const parts = text.toLowerCase().split(/[ -]/);
  if (!parts.every((part, index) => part in NUMBER_WORDS || (index === 0 && part === "a" && parts.length > 1))) return undefined;
  return parts.map((part) => NUMBER_WORDS[part] ?? 1).reduce((total, next) => (next >= 100 ? Math.max(1, total) * next : total + next), 0);
}

const PROPER =
  /\p{Lu}[\p{L}'’.-]*(?:(?:\s(?:de|la|le|del|of|the|von|van|der|da|do|dos|upon|am|and(?=\s\p{Lu}\p{L}+\s(?:Islands?|Tobago))))*\s\p{Lu}[\p{L}'’-]*)*/gu;

/** Runs of capitalised words. A word that only opens a sentence does not count unless it could be nothing but a name. */
export function findNames(passage: Passage): Mention[] {
  return findAll(passage, PROPER, (match) => match[0]).flatMap((name) => {
    let { start } = name;
    let value = name.value;
    for (
      let head = /^\S+/.exec(value)?.[0];
      head !== undefined && (isCommon(head) || passage.toolStems.has(stem(head.toLowerCase())));
      head = /^\S+/.exec(value)?.[0]
    ) {
      const rest = value.slice(head.length).trimStart();
      start += value.length - rest.length;
      value = rest;
    }
    if (/['’]s$/u.test(value) && /^\s+\p{Ll}/u.test(passage.rest.slice(name.end)) && !isCommon(wordAfter(passage, name.end)))
      value = value.slice(0, -2);
    value = value.replace(/[.'’-]$/u, "");
    return value === "" || isMonthOrDay(value) ? [] : [{ value, start, end: start + value.length }];
  });
}

function isCommon(word: string): boolean {
  const bare = word
    .toLowerCase()
    .replaceAll("’", "'")
    .replace(/[^\p{L}']/gu, "");
  return bare === "" || isStopWord(bare.replace(/'s$/, "")) || isVerb(bare);
}

function isMonthOrDay(word: string): boolean {
  return /^(?:(?:sun|mon|tues|wednes|thurs|fri|satur)day|january|february|march|april|june|july|august|september|october|november|december|today|tomorrow)$/i.test(
    word,
  );
}
