/** What an argument is *about*, judged by its name, its format and its description. */
import type { JSONSchema7, JSONSchema7Definition } from "@ai-sdk/provider";
import { descriptionOf, propertiesOf, requiredOf, resolveSchema, typeOf, type SchemaType } from "./schema.ts";
import { nameWords } from "./words.ts";

export type SlotKind =
  | "email"
  | "url"
  | "path"
  | "phone"
  | "date"
  | "time"
  | "duration"
  | "timezone"
  | "currency"
  | "unit"
  | "language"
  | "place"
  | "person"
  | "id"
  | "ticker"
  | "expression"
  | "query"
  | "title"
  | "content"
  | "text";

export interface Slot {
  readonly name: string;
  /** The words of the name: `dueDate` gives due, date. */
  readonly words: readonly string[];
  readonly schema: JSONSchema7;
  readonly type: SchemaType;
  readonly kind: SlotKind;
  /** Which end of a pair ("from X to Y") the argument is. */
  readonly role: "from" | "to" | undefined;
  readonly required: boolean;
}

/** The arguments that `schema` asks for. `topic` is the tool's name and description, which decide what a bare "from" or "to" means. */
export function slotsOf(schema: JSONSchema7, root: JSONSchema7, topic: string): Slot[] {
  const required = requiredOf(schema);
  return propertiesOf(schema).map(([name, definition]) => createSlot(name, definition, root, required.has(name), topic));
}

function createSlot(name: string, definition: JSONSchema7Definition, root: JSONSchema7, required: boolean, topic: string): Slot {
  const resolved = resolveSchema(definition, root);
  const type = typeOf(resolved);
  const item = type === "array" ? resolveSchema(Array.isArray(resolved.items) ? resolved.items[0] : resolved.items, root) : resolved;
  const words = nameWords(name);
  const description = (descriptionOf(resolved) || descriptionOf(item)).toLowerCase();
  return {
    name,
    words,
    schema: resolved,
    type,
    kind: kindOf(words, item.format, description, topic.toLowerCase()),
    role: roleOf(words),
    required,
  };
}

const FROM = /\b(from|source|origin|start|starts|starting|begin|departure|depart|base|sender|checkin|after|since)\b/;
const TO = /\b(to|target|destination|end|ends|ending|arrival|until|till|quote|recipient|checkout|before|into)\b/;

function roleOf(words: readonly string[]): Slot["role"] {
  const name = words.join(" ");
  return FROM.test(name) ? "from" : TO.test(name) ? "to" : undefined;
}

const FORMATS: Readonly<Record<string, SlotKind>> = {
  email: "email",
  uri: "url",
  url: "url",
  date: "date",
  "date-time": "date",
  time: "time",
  duration: "duration",
  uuid: "id",
};

/** In order: the first line whose pattern is in the name decides. */
const BY_NAME: readonly (readonly [RegExp, SlotKind])[] = [
  [/\be ?mails?\b/, "email"],
  [/\b(url|uri|link|website|href|webpage)\b/, "url"],
  [/\b(repo|repository|paths?|files?|filenames?|directory|folder|dir)\b/, "path"],
  [/\b(phone|mobile|telephone)\b/, "phone"],
  [/\b(time ?zone|tz)\b/, "timezone"],
  [/\b(date|day|when|deadline|due|datetime|checkin|checkout|birthday|dob)\b/, "date"],
  [/\b(start|end|starts|ends) at\b|\bat$/, "date"],
  [/\b(time|hour)\b/, "time"],
  [/\b(duration|length)\b/, "duration"],
  [/\b(currency|currencies)\b/, "currency"],
  [/\bunits?\b/, "unit"],
  [/\b(language|languages|lang|locale)\b/, "language"],
  [/\b(ticker|tickers|symbol|symbols)\b/, "ticker"],
  [
    /\b(ids?|channel|uuid|key|code|reference|ref|sku|isbn|iban|zip|postcode)\b|\b(order|tracking|invoice|ticket|account|flight|serial) (number|no|nr)\b/,
    "id",
  ],
  [/\b(city|cities|location|locations|place|places|country|countries|town|address|region|airport|venue)\b/, "place"],
  [/\b(expression|formula|equation|calculation)\b/, "expression"],
  [
    /\b(recipients?|person|people|attendees?|participants?|assignee|contact|guests?|customer|owner|user|username|author|artist|singer)\b|\b(first|last|full|user|customer|contact) name\b/,
    "person",
  ],
  [/\b(query|q|search|keywords?|term|terms|topic|product|item|items|dish|ingredient|genre|song|track)\b/, "query"],
  [/\b(title|name|subject|summary|headline|label)\b/, "title"],
  [
    /\b(sql|command|script|statement|html|markdown|message|text|content|body|note|notes|prompt|question|input|description|comment|sentence|task|todo|reason|details|memory|instructions)\b/,
    "content",
  ],
];

/** For names that say nothing by themselves, such as `from` or `value`: looked for in the description, then in the tool's own words. */
const BY_DESCRIPTION: readonly (readonly [RegExp, SlotKind])[] = [
  [/\be-?mail address/, "email"],
  [/\b(currency|currencies|iso 4217)\b/, "currency"],
  [/\b(languages?|iso 639)\b/, "language"],
  [/\bunits?\b|\bkilomet|\bcelsius/, "unit"],
  [/\b(city|cities|place|airport|station|location|country|address)\b/, "place"],
  [/\b(date|day)\b/, "date"],
  [/\b(time)\b/, "time"],
  [/\b(ticker|stock symbol)\b/, "ticker"],
  [/\b(person|people|who|recipient|name of)\b/, "person"],
  [/\b(identifier|id)\b/, "id"],
  [/\b(url|link)\b/, "url"],
  [/\b(path|file)\b/, "path"],
  [/\b(search|query|look for|find)\b/, "query"],
  [/\b(text|message|sentence|question|content|task)\b/, "content"],
  [/\b(expression|formula)\b/, "expression"],
];

function kindOf(words: readonly string[], format: string | undefined, description: string, topic: string): SlotKind {
  const byFormat = typeof format === "string" ? FORMATS[format] : undefined;
  if (byFormat !== undefined) return byFormat;
  const name = words.join(" ");
  if (/\brecipient|^to$/.test(name) && /e-?mail/.test(description)) return "email";
  const byName = BY_NAME.find(([pattern]) => pattern.test(name))?.[1];
  const specific = byName !== undefined && !(byName === "title" && /\b(person|customer|user|contact|guest|who)\b/.test(description));
  if (specific)
    return byName === "id" && /\bcurrency\b/.test(description)
      ? "currency"
      : byName === "id" && /\blanguage\b/.test(description)
        ? "language"
        : byName;
  const byDescription = BY_DESCRIPTION.find(([pattern]) => pattern.test(description))?.[1];
  if (byDescription !== undefined) return byDescription;
  return (
    BY_DESCRIPTION.find(
      ([pattern]) => pattern.test(topic) && /^(from|to|source|target|origin|destination|base|quote|value)$/.test(name),
    )?.[1] ??
    byName ??
    "text"
  );
}

/** Kinds that are recognised by their looks, so that finding one is evidence for the tool. */
export function isTyped(kind: SlotKind): boolean {
  return !["query", "title", "content", "text", "person", "place"].includes(kind);
}
