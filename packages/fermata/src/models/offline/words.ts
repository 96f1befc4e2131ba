/** Words, stems and the small thesaurus that routing rests on. English first; words of other languages pass through unchanged. */

export interface Word {
  /** Lower case. */
  readonly text: string;
  readonly stem: string;
  readonly start: number;
  readonly end: number;
}

const STOP = new Set(
  (
    "a an the of to in on at for from with and or is are was were be been am do does did can could would will shall should may might " +
    "please pls kindly me my you your i we us our it its this that these those what whats what's which who whom how when where why there " +
    "here have has had want need like get give show let lets make so just now then than as by into about any some all also if i'd i'll " +
    "i'm let's it's up out off over not no yes ok okay hey hi hello thanks thank much many more very really could've use using used user " +
    "right long per via each one ones their them they he she his her too again don't"
  ).split(" "),
);

/** Words that say nothing about the subject of a request. */
export function isStopWord(word: string): boolean {
  return STOP.has(word);
}

/** Cuts the endings of English inflection, so that "converting", "converts" and "conversion" meet. */
export function stem(word: string): string {
  if (word.length <= 3) return word;
  const conversion = word
    .replace(/version(s?)$/, "vert")
    .replace(/inition(s?)$/, "ine")
    .replace(/lation(s?)$/, "late")
    .replace(/culator(s?)$/, "culate")
    .replace(/lator(s?)$/, "late");
  const cut = conversion
    .replace(/ies$/, "y")
    .replace(/(?:'s|’s)$/, "")
    .replace(/(sh|ch|ss|x)es$/, "$1")
    .replace(/([^s])s$/, "$1");
  const bare = cut.length > 5 ? cut.replace(/(?:ing|edly|ed|ment|er)$/, "") : cut;
  const undoubled = bare !== cut ? bare.replace(/([^aeiousl])\1$/, "$1") : bare;
  return undoubled.length > 3 ? undoubled.replace(/e$/, "") : undoubled;
}

/** The words of running text, in order. Linear in the length of `text`. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(/[\p{L}\p{N}]+(?:['’]\p{L}+)?/gu)) {
    const lower = match[0].toLowerCase().replace("’", "'");
    words.push({ text: lower, stem: stem(lower), start: match.index, end: match.index + match[0].length });
  }
  return words;
}

/** The words of an identifier: `getOrder_statusV2` gives get, order, status, v2. */
export function nameWords(name: string): string[] {
  const spaced = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2");
  return spaced.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** An identifier as a reader would say it: `get_orderStatus` gives "get order status". */
export function humanName(name: string): string {
  return nameWords(name).join(" ");
}

export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Escapes `text` for use inside a regular expression. */
export function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

/**
 * Related words of everyday English. The first word of a line is its topic: the others lead to it strongly and to each other weakly.
 * These are subjects that people talk about, not names of tools.
 */
const TOPICS = `
weather forecast temperature climate rain rainy raining sunny sun snow snowing umbrella wind windy cold warm hot cloudy storm degrees humidity jacket coat freezing
currency exchange rate dollar dollars euro euros pound pounds yen francs usd eur gbp jpy chf money
convert conversion change turn express
unit units measurement km kilometers kilometres miles mile feet foot meters metres inches kg kilograms pounds ounces liters litres gallons celsius fahrenheit cups
calendar event meeting appointment agenda schedule invite call
create add new make schedule book register open arrange plan set put
remind reminder alarm forget remember nudge notification
task todo chore
email mail e-mail inbox write
message text sms dm chat notify ping tell
send forward deliver mail email
search find look lookup google query browse web internet
delete remove erase cancel drop trash discard wipe clear
cancel delete abort stop void
update change edit modify set adjust rename
list show display enumerate all overview
order purchase shipment parcel package delivery bought shipped
status state track tracking progress where arrived
translate translation language say
calculate compute math arithmetic evaluate sum plus minus times multiply divide multiplied divided percent expression equation square root
stock share shares ticker quote trading market stocks
price cost quote worth trading expensive
news headline headlines article articles happening
book reserve reservation
restaurant table dinner lunch
passengers people travellers travelers guests persons party adults
flight fly plane airline trip
hotel room stay accommodation
play song music listen track playlist
weather outside
time clock hour oclock timezone
date day
file document folder files path
note notes jot write memo
contact contacts phone address person people
customer client account
ticket issue bug incident
light lights lamp lamps
temperature thermostat heating
product item sku inventory
summarize summary summarise shorten
define definition meaning
route directions navigate distance drive
buy purchase order
shopping buy groceries grocery supermarket
pay payment transfer
image picture photo draw
recipe cook cooking meal
ask consult delegate
run start execute launch trigger
`;

const related = new Map<string, Map<string, number>>();
for (const line of TOPICS.trim().split("\n")) {
  const [topic, ...members] = line.split(" ").map(stem);
  if (topic === undefined) continue;
  for (const member of members) {
    relate(member, topic, 0.6);
    relate(topic, member, 0.6);
    for (const other of members) relate(member, other, 0.3);
  }
}

function relate(from: string, to: string, weight: number): void {
  if (from === to) return;
  const row = related.get(from) ?? new Map<string, number>();
  row.set(to, Math.max(weight, row.get(to) ?? 0));
  related.set(from, row);
}

/** Stems related to `wordStem`, with a weight below 1. */
export function relatedTo(wordStem: string): ReadonlyMap<string, number> {
  return related.get(wordStem) ?? NOTHING;
}

const NOTHING: ReadonlyMap<string, number> = new Map();
