/** Free text for an argument: what was asked for, said or named, without the words that only address the tool. */
import { isVerb } from "./intent.ts";
import { findAll, findable, GAP, quotations, wordBefore, type Mention, type Passage } from "./passage.ts";
import { findNames } from "./mentions.ts";
import { isStopWord, literal, stem, wordsOf } from "./words.ts";

/** A text that is marked as such by quotation marks or a word like "saying"; `labels` are the words of the argument's name. */
export function markedText(passage: Passage, labels: readonly string[]): Mention | undefined {
  const label = labels.map(literal).join("[ _-]?");
  const pattern = new RegExp(
    `\\b${label}\\s*(?:is|are|=|:|to|of|should be)?\\s*(?:"([^"\\u0001]+)"|“([^”\\u0001]+)”|'([^'\\u0001]+)')`,
    "gi",
  );
  const labelled = findAll(passage, pattern, (match) => match[1] ?? match[2] ?? match[3])[0];
  if (labelled !== undefined) return labelled;
  const plain = new RegExp(
    `\\b${label}\\s*(?:is|=|:|should be)\\s*([^\\u0001,;.!?\\n]{1,200}?)(?=\\s+(?:and|with|for|to)\\s|[,;.!?\\n\\u0001]|$)`,
    "gi",
  );
  return findAll(passage, plain, (match) => match[1]?.trim() || undefined)[0];
}

const SAYING =
  /\b(?:saying(?: that)?|that says|which says|says|telling (?:him|her|them|everyone)(?: that)?|(?:to )?(?:tell|let) (?:him|her|them|everyone) (?:know )?(?:that )?|with the (?:message|text|body|content|words)|(?<=\S\s)(?:and )?(?:body|message|text)(?=[: ]+\S))[\s:,]+(\S.*?)(?=\s+(?:to|for)\s+[\w.+-]+@[\w.-]+\W*$|$)/gis;
const COLON = /:\s+(\S[^\u0001]*)$/gs;

/** What somebody wants said: "… saying see you at five", "note: buy milk"; not what follows the label of another argument. */
export function spokenText(passage: Passage, otherLabels: readonly string[]): Mention | undefined {
  const colon = findAll(passage, COLON, (match) =>
    otherLabels.includes(wordBefore(passage, match.index)) ? undefined : clean(match[1] ?? ""),
  );
  const said = findAll(passage, SAYING, (match) => clean(match[1] ?? ""))[0] ?? colon[0];
  return said === undefined || said.value === "" ? undefined : { ...said, value: unquote(said.value) };
}

const NAMED =
  /\b(?:called|named|titled|entitled|labell?ed|with (?:the )?(?:subject|title|name)|subject|title)\s*:?\s+(?:is\s+)?([^\u0001,;.!?\n]{1,200}?)(?=\s+(?:with|for|on|at|by|due|saying|in|today|tonight|tomorrow|next|this|(?:sun|mon|tues|wednes|thurs|fri|satur)day|and (?:body|message|text|description))\b|[\u0001,;.!?\n]|$)/gi;
const NAMED_QUOTED =
  /\b(?:called|named|titled|entitled|labell?ed|subject|title|name)\s*:?\s+(?:"([^"\u0001]+)"|“([^”\u0001]+)”|'([^'\u0001]+)')/gi;
const ABOUT =
  /\b(?:about|regarding|concerning|re:)\s+([^\u0001,;.!?\n]{1,200}?)(?=\s+(?:saying|telling|with|on|at|today|tonight|tomorrow|next)\b|[\u0001,;.!?\n]|$)/gi;

/** A name given with words such as "called", or a subject given with "about". */
export function namedText(passage: Passage): Mention | undefined {
  const quoted = findAll(passage, NAMED_QUOTED, (match) => match[1] ?? match[2] ?? match[3])[0];
  if (quoted !== undefined) return quoted;
  return (
    findAll(passage, NAMED, (match) => clean(match[1] ?? "") || undefined)[0] ??
    findAll(passage, ABOUT, (match) => clean(match[1] ?? "") || undefined)[0]
  );
}

const SOUGHT =
  /\b(?:search(?:ing)?(?: \S+){0,3}? for|look(?:ing)?(?: \S+){0,2}? for|look up|looking up|google|information (?:on|about)|about|find(?: me)?(?: \S+)? (?:on|about|for))\s+([^\u0001]{1,400})/gi;

/** What is being looked for. */
export function soughtText(passage: Passage, toolStems: ReadonlySet<string>): Mention | undefined {
  const sought = findAll(passage, SOUGHT, (match) => trimQuery(match[1] ?? "") || undefined)[0];
  if (sought !== undefined) return sought;
  const rest = remainder(passage, toolStems);
  const value = rest === undefined ? "" : trimQuery(rest.value);
  return value === "" || rest === undefined ? undefined : { ...rest, value };
}

function trimQuery(text: string): string {
  return clean(text)
    .replace(/^(?:(?:the|a|an|some|any|for|about|of|on|all|me|latest(?= news$)|information|info)\s+)+/i, "")
    .replace(
      /\s+(?:on|in|from|using)\s+(?:the\s+)?(?:web|internet|google|online|catalog(?:ue)?|store|database|docs|documentation|knowledge base)$/i,
      "",
    )
    .trim();
}

/**
 * What is left of the message when its opening is cut: courtesies, then the verb and the words that name the tool, then what ties
 * them to the rest ("me to", "that", "the"). Behind the verb other small words stay, so that "thank you" is not lost.
 */
export function remainder(passage: Passage, toolStems: ReadonlySet<string>): Mention | undefined {
  const words = wordsOf(passage.rest);
  const hasVerb = words.slice(0, 6).some((word) => isVerb(word.text) || toolStems.has(word.stem));
  let index = 0;
  let addressed = !hasVerb;
  for (; index < words.length; index++) {
    const word = words[index];
    if (word === undefined) break;
    const isTie = TIE.test(word.text);
    const namesTool = toolStems.has(word.stem) || (!addressed && isVerb(word.text));
    if (namesTool) addressed = true;
    else if (addressed ? !isTie : !isStopWord(word.text)) break;
    // "remind me to call mum": the verb behind "to" is what is to be done, even where the tool has it in its name.
    if (addressed && /^(?:to|that)$/.test(word.text)) {
      index++;
      break;
    }
  }
  const first = words[index];
  if (first === undefined) return undefined;
  const value = withoutTail(clean(passage.rest.slice(first.start).replaceAll(/\s*\u0001+\s*/g, " ")), toolStems);
  return value === "" ? undefined : { value, start: first.start, end: passage.rest.length };
}

const TIE = /^(?:a|an|the|to|that|of|for|me|my|us|our|about|up|new|some|on|off|out|down|in|into|with|please|called|named)$/;

/** Cuts "to my shopping list" and "lights" behind what was asked for, where those words only name the tool. */
function withoutTail(text: string, toolStems: ReadonlySet<string>): string {
  const words = wordsOf(text);
  let end = words.length;
  while (end > 1 && toolStems.has(words[end - 1]?.stem ?? "")) end--;
  if (end === words.length) return text;
  while (end > 1 && /^(?:to|on|onto|in|into|from|my|the|our|your)$/.test(words[end - 1]?.text ?? "")) end--;
  return text.slice(0, words[end - 1]?.end);
}

const INSIDE =
  /\b(?:(?:in|of|for|at|inside)\s+(?:the|my|our)|in|from)\s+([\p{L}][\p{L}\p{N} -]{1,40}?)(?=$|[^\p{L}\p{N} -]|\s+(?:to|on|off|at|by|and|please|with)\b)/giu;

/** "the light in the kitchen": the place or thing that something belongs to. */
export function insideText(passage: Passage, labels: readonly string[]): Mention | undefined {
  const inside = findable(passage, INSIDE)[0];
  if (inside === undefined) return undefined;
  const value = inside.value.replace(new RegExp(`\\s+(?:${labels.map(literal).join("|")})$`, "i"), "");
  return { ...inside, value };
}

/** Cuts trailing courtesies, dangling prepositions and the closing punctuation. */
function clean(text: string): string {
  let value = text.replaceAll(GAP, " ").replace(/\s+/g, " ").trim();
  for (let previous = ""; previous !== value;) {
    previous = value;
    value = value
      .replace(/[\s.!?,;:]+$/, "")
      .replace(
        /\s+(?:please|thanks|thank you|for me|to (?:my|the) (?:calendar|list|agenda|todo list|to-do list)|(?:on|in) my (?:calendar|list|agenda))$/i,
        "",
      )
      .replace(/\s+(?:to|in|on|for|at|by|with|from|of|and|is|the|a|an|mean|means)$/i, "");
  }
  return unquote(value.replace(/^[\s,:;.-]+/, ""));
}

function unquote(text: string): string {
  return /^(?:"[^"]*"|“[^”]*”|'[^']*'|«[^»]*»)$/.test(text) ? text.slice(1, -1).trim() : text;
}

const PLACE =
  /\b(?:in|for|at|near|around|of|to|from|over|outside|visit(?:ing)?)\s+((?:the\s+)?\p{Lu}[\p{L}'’.-]*(?:\s+(?:(?:de|la|le|of|the|upon|am|di|do)\s+)?\p{Lu}[\p{L}'’-]*)*(?:,\s\p{Lu}[\p{L}'’-]+(?:\s\p{Lu}[\p{L}'’-]+)*(?![\p{L}'’-])(?!\s*(?:,|&|and\b|or\b)))?)/gu;
const LOWER_PLACE =
  /\b(?:in|for|at|near|around|to|from)\s+(?!(?:the|a|an|my|your|me|it|this|that|next|now|today|tomorrow|celsius|fahrenheit)\b)([\p{L}'’-]{2,}(?:\s(?:york|francisco|angeles|city|delhi|aires|janeiro|paulo|kong|town|island))?)/giu;

const THE_PLACE = /\b(?:to|from)\s+(?:the|my|our)\s+(\p{Ll}{3,}(?:\s\p{Ll}{3,})?)(?=$|\s*[^\p{L}\s]|\s+(?:to|from|by|at|on|in)\b)/gu;

/** Places, most certain first: behind a preposition, as a name, and last in lower case behind a preposition. */
export function findPlaces(passage: Passage, isEndOfWay: boolean): Mention[] {
  const placed = [...findable(passage, PLACE), ...(isEndOfWay ? findable(passage, THE_PLACE) : [])]
    .map((one) => ({ ...one, value: one.value.replace(/['’]s$|[.'’-]$/u, "") }))
    .filter((one) => !/^(?:I|The)$/.test(one.value));
  if (placed.length > 0)
    return [...placed, ...findNames(passage).filter((name) => placed.every((one) => name.start >= one.end || name.end <= one.start))].sort(
      (a, b) => a.start - b.start,
    );
  const names = findNames(passage);
  if (names.length > 0) return names;
  const lower = findable(passage, LOWER_PLACE).filter((one) => !isStopWord(one.value) && !isVerb(one.value));
  return lower.flatMap((one) => [one, ...conjoined(passage, one)]);
}

/** "in paris and rome": the names that follow a lower-case one. */
function conjoined(passage: Passage, first: Mention): Mention[] {
  const match = /^((?:\s*,\s*|\s+and\s+)[\p{L}'’-]{3,})+/u.exec(passage.rest.slice(first.end));
  if (match === null) return [];
  return [...match[0].matchAll(/(?:,|\band\b)\s*([\p{L}'’-]{3,})/gu)].flatMap(([all, name = ""], index) => {
    if (isStopWord(name) || isVerb(name)) return [];
    const start = first.end + (match[0].indexOf(all, index === 0 ? 0 : 1) + all.length - name.length);
    return [{ value: name, start, end: start + name.length }];
  });
}

const PERSON =
  /\b(?:with|to|for|from|by|and|tell|email|message|text|invite|ping|assign|assignee|named?)\s+(\p{Lu}[\p{L}'’-]*(?:\s\p{Lu}[\p{L}'’-]*)*)/gu;
const LOWER_PERSON =
  /\b(?:with|to|tell|email|message|text|invite|ping)\s+(?!(?:the|a|an|my|me|him|her|them|it|be|do|get|go)\b)(\p{Ll}{2,})/gu;
const MY_NAME = /\b(?:my name is|i am|i['’]m|name:|call me)\s+(\p{L}[\p{L}'’-]*(?:\s\p{Lu}[\p{L}'’-]*)*)/giu;

/** People by name, most certain first. */
export function findPeople(passage: Passage, isRequired: boolean): Mention[] {
  const own = findable(passage, MY_NAME);
  if (own.length > 0) return own;
  const placed = findable(passage, PERSON);
  if (placed.length > 0)
    return [...placed, ...findNames(passage).filter((name) => placed.every((one) => name.start >= one.end || name.end <= one.start))];
  if (!isRequired) return [];
  const names = findNames(passage);
  return names.length > 0 ? names : findable(passage, LOWER_PERSON).filter((one) => !isVerb(one.value) && !isStopWord(one.value));
}

/** The first quotation that is left. */
export function nextQuotation(passage: Passage): Mention | undefined {
  return quotations(passage)[0];
}

/** Stems of the words that name a tool. */
export function stemsOf(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.filter((word) => !isStopWord(word)).map(stem));
}
