/** A piece of the conversation from which values are taken. What was taken is blanked out, so that no word fills two arguments. */
import { stem } from "./words.ts";

/** Stands where a value was taken. It is neither a letter nor white space, so no phrase reaches across it. */
export const GAP = "\u0001";

export interface Passage {
  /** As the user wrote it. */
  readonly text: string;
  /** The same length as `text`, with `GAP` over everything that was taken. */
  rest: string;
  /** Stems of the words that name the tool in question, and so are nobody's name. */
  readonly toolStems: ReadonlySet<string>;
}

/** A value found in a passage, and where. */
export interface Mention<T = string> {
  readonly value: T;
  readonly start: number;
  readonly end: number;
}

export function createPassage(text: string, toolWords: readonly string[] = []): Passage {
  return { text, rest: text, toolStems: new Set(toolWords.map(stem)) };
}

export function take(passage: Passage, span: { readonly start: number; readonly end: number }): void {
  passage.rest = passage.rest.slice(0, span.start) + GAP.repeat(span.end - span.start) + passage.rest.slice(span.end);
}

/** Every match of `pattern` (which needs the flag `g`) in what is left; `pick` turns a match into a value, or drops it with `undefined`. */
export function findAll<T>(passage: Passage, pattern: RegExp, pick: (match: RegExpExecArray) => T | undefined): Mention<T>[] {
  const found: Mention<T>[] = [];
  for (const match of passage.rest.matchAll(pattern)) {
    const value = pick(match);
    if (value === undefined) continue;
    const end = match.index + match[0].length;
    found.push({ value, start: match.index + match[0].search(/\S/), end });
  }
  return found;
}

/** The word right before `start`, lower case. */
export function wordBefore(passage: Passage, start: number): string {
  return /([\p{L}\p{N}]+)[^\p{L}\p{N}\u0001]*$/u.exec(passage.text.slice(Math.max(0, start - 40), start))?.[1]?.toLowerCase() ?? "";
}

/** The word right after `end`, lower case. */
export function wordAfter(passage: Passage, end: number): string {
  return /^[^\p{L}\p{N}]*([\p{L}\p{N}]+)/u.exec(passage.text.slice(end, end + 40))?.[1]?.toLowerCase() ?? "";
}

/** Text inside quotation marks, without the marks. */
export function quotations(passage: Passage): Mention[] {
  return findAll(
    passage,
    /"([^"\u0001]{1,2000})"|“([^”\u0001]{1,2000})”|«([^»\u0001]{1,2000})»|(?<=^|[\s(])'([^'\u0001\n]{1,500})'(?=$|[\s).,;:!?])/g,
    (match) => (match[1] ?? match[2] ?? match[3] ?? match[4] ?? "").trim(),
  );
}

/** Matches of `pattern` whose value is its first group; the span covers that group alone. */
export function findable(passage: Passage, pattern: RegExp): Mention[] {
  const found: Mention[] = [];
  for (const match of passage.rest.matchAll(pattern)) {
    const value = match[1];
    if (value === undefined) continue;
    const start = match.index + match[0].lastIndexOf(value);
    found.push({ value, start, end: start + value.length });
  }
  return found;
}
