/** Days and clock times as people write them. All reckoning is in UTC, so that the same message gives the same answer everywhere. */
import { findAll, type Mention, type Passage } from "./passage.ts";

const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH =
  "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
const DATE = new RegExp(
  `\\b(?:(?<iso>\\d{4}-\\d{2}-\\d{2}(?:T\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d+)?)?(?:Z|[+-]\\d{2}:?\\d{2})?)?)` +
    `|(?<near>the day after tomorrow|today|tonight|tomorrow|yesterday)` +
    `|in (?<count>\\d{1,3}|an?|one|two|three|four|five|six|seven) (?<step>day|week|month)s?` +
    `|(?:(?<next>next)|this|on|by)? ?(?<day>(?:sun|mon|tues|wednes|thurs|fri|satur)day)` +
    `|(?<d1>\\d{1,2})(?:st|nd|rd|th)?(?: of)? (?<m1>${MONTH})\\.?(?:,? (?<y1>\\d{4}))?` +
    `|(?<m2>${MONTH})\\.? (?<d2>\\d{1,2})(?:st|nd|rd|th)?(?:,? (?<y2>\\d{4}))?` +
    `|(?:next|this) (?<span>week|month|weekend)` +
    `|in (?:\\d{1,3}|an?|two|three|five|ten|fifteen|twenty|thirty|half an) (?<soon>minute|min|hour)s?)\\b(?<part> (?:in the )?(?:morning|afternoon|evening|night))?`,
  "gi",
);
const SMALL: Readonly<Record<string, number>> = { a: 1, an: 1, one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7 };

export interface DayMention {
  /** `YYYY-MM-DD`, or the full instant when the message states one. */
  readonly iso: string;
  /** As written, without a leading "on" or "by". */
  readonly phrase: string;
}

/** Every day named in what is left of the passage. */
export function findDays(passage: Passage, now: Date): Mention<DayMention>[] {
  return findAll(passage, DATE, (match) => {
    const iso = toIso(match.groups ?? {}, now);
    return iso === undefined ? undefined : { iso, phrase: match[0].trim().replace(/^(?:on|by)\s+/i, "") };
  });
}

function toIso(groups: Record<string, string | undefined>, now: Date): string | undefined {
  if (groups.iso !== undefined) return groups.iso;
  const day = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
  if (groups.near !== undefined) return shift(day, nearDays(groups.near.toLowerCase()));
  if (groups.count !== undefined) {
    const count = SMALL[groups.count.toLowerCase()] ?? Number(groups.count);
    const step = groups.step?.toLowerCase();
    if (step === "month") return shiftMonths(day, count);
    return shift(day, step === "week" ? count * 7 : count);
  }
  if (groups.day !== undefined) return shift(day, (DAYS.indexOf(groups.day.toLowerCase()) - day.getUTCDay() + 7) % 7 || 7);
  if (groups.soon !== undefined) return shift(day, 0);
  if (groups.span !== undefined) return spanStart(groups.span.toLowerCase(), day);
  return calendarDay(groups, day);
}

function spanStart(span: string, day: Date): string {
  if (span === "weekend") return shift(day, (6 - day.getUTCDay() + 7) % 7);
  return span === "week" ? shift(day, 7) : shiftMonths(day, 1);
}

function nearDays(word: string): number {
  return word === "yesterday" ? -1 : word === "tomorrow" ? 1 : word.startsWith("the day") ? 2 : 0;
}

/** "3 March" without a year is the next one to come. */
function calendarDay(groups: Record<string, string | undefined>, today: Date): string | undefined {
  const month = MONTHS.indexOf((groups.m1 ?? groups.m2 ?? "").slice(0, 3).toLowerCase());
  const number = Number(groups.d1 ?? groups.d2);
  if (month < 0 || !(number >= 1 && number <= 31)) return undefined;
  const stated = groups.y1 ?? groups.y2;
  const year = stated === undefined ? today.getUTCFullYear() : Number(stated);
  const date = new Date(Date.UTC(year, month, number));
  if (stated === undefined && date < today) date.setUTCFullYear(year + 1);
  return isoDay(date);
}

function shift(day: Date, days: number): string {
  return isoDay(new Date(day.getTime() + days * 86_400_000));
}

function shiftMonths(day: Date, months: number): string {
  return isoDay(new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + months, day.getUTCDate())));
}

function isoDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}

export interface TimeMention {
  /** `HH:MM`, 24 hours. */
  readonly clock: string;
  readonly phrase: string;
}

const TIME =
  /\b(?:(\d{1,2})(?::(\d{2}))?\s?([ap])\.?m\b\.?|([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?\b|(noon|midnight)\b|(\d{1,2}) o['’]?clock\b)/gi;

/** Every clock time named in what is left of the passage. */
export function findTimes(passage: Passage): Mention<TimeMention>[] {
  return findAll(passage, TIME, (match) => {
    const clock = toClock(match);
    return clock === undefined ? undefined : { clock, phrase: match[0].trim() };
  });
}

function toClock([, hour12, minute12, half, hour24, minute24, word, oClock]: RegExpExecArray): string | undefined {
  if (word !== undefined) return word.toLowerCase() === "noon" ? "12:00" : "00:00";
  const raw = Number(hour12 ?? hour24 ?? oClock);
  if (half !== undefined && (raw < 1 || raw > 12)) return undefined;
  const hour = half === undefined ? raw : (raw % 12) + (half.toLowerCase() === "p" ? 12 : 0);
  if (hour > 23) return undefined;
  return `${String(hour).padStart(2, "0")}:${minute12 ?? minute24 ?? "00"}`;
}
