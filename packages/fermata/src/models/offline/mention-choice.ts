/** Which of several mentions belongs to an argument, and which others stand in a list with it. */
import { wordAfter, wordBefore, type Mention, type Passage } from "./passage.ts";
import type { Slot } from "./slots.ts";

const FROM_WORDS = /^(?:from|since|between|starting)$/;
const TO_WORDS = /^(?:to|into|in|until|till|and|as|through)$/;

/** The mention that fits the slot's end of a pair: "from" is behind "from" or beside the number, "to" behind "to" or "in". */
export function pickByRole<T>(slot: Slot, mentions: readonly Mention<T>[], passage: Passage): Mention<T> | undefined {
  const before = (mention: Mention<T>): string => wordBefore(passage, mention.start);
  const nextToNumber = (mention: Mention<T>): boolean =>
    /\d[\s]?$/.test(passage.text.slice(0, mention.start)) ||
    (/^\d/.test(wordAfter(passage, mention.end)) && /[$€£¥]/.test(passage.text[mention.start] ?? ""));
  if (slot.role === "from") {
    return (
      mentions.find((mention) => FROM_WORDS.test(before(mention))) ??
      mentions.find(nextToNumber) ??
      mentions.find((mention) => !TO_WORDS.test(before(mention)))
    );
  }
  if (slot.role === "to")
    return mentions.find((mention) => TO_WORDS.test(before(mention))) ?? mentions.find((mention) => !FROM_WORDS.test(before(mention)));
  return mentions[0];
}

/** "Paris, Rome and Oslo". Two places with nothing but a comma between them ("Paris, Texas") are not a list. */
export function listedAfter<T>(slot: Slot, first: Mention<T>, mentions: readonly Mention<T>[], passage: Passage): Mention<T>[] {
  const listed: Mention<T>[] = [];
  let last = first;
  let hasAnd = false;
  for (const mention of mentions.filter((one) => one.start >= first.end).slice(0, 20)) {
    const between = passage.text.slice(last.end, mention.start);
    if (!/^\s*(?:,|&|,?\s*and|,?\s*or|\/)\s*(?:(?:in|for|to|of|the)\s+)?$/i.test(between)) break;
    if (/and|&|or/i.test(between)) hasAnd = true;
    listed.push(mention);
    last = mention;
  }
  return hasAnd || slot.kind !== "place" ? listed : [];
}

/** The span together with the preposition that ties it to the sentence, so that none is left dangling. */
export function withPreposition(span: { start: number; end: number }, passage: Passage): { start: number; end: number } {
  const lead = /\b(?:on|at|in|to|into|from|for|by|near|around|until|till|with|by)\s+(?:the\s+)?$/i.exec(
    passage.rest.slice(Math.max(0, span.start - 16), span.start),
  );
  return lead === null ? span : { start: span.start - lead[0].length, end: span.end };
}
