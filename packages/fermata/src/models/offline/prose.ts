/** Renders a JSON value as sentences. */
import type { JSONObject, JSONValue } from "@ai-sdk/provider";
import { isObject } from "./json.ts";
import { capitalise, humanName, nameWords } from "./words.ts";

const MAX_ITEMS = 10;
const MAX_DEPTH = 5;
const MAX_STRING = 4000;
/** A member that by itself is the answer, with the rest being its bookkeeping. */
const ANSWER_KEYS = [
  "text",
  "answer",
  "response",
  "reply",
  "summary",
  "translation",
  "translatedText",
  "content",
  "result",
  "output",
  "message",
];

/** `value` as prose without a closing full stop. Lists take lines of their own. */
export function toProse(value: JSONValue | undefined): string {
  if (isObject(value)) {
    const answer = answerOf(value);
    if (answer !== undefined) return toProse(answer);
    return objectSentence(value, 0);
  }
  return phrase(value, 0);
}

function answerOf(value: JSONObject): JSONValue | undefined {
  const entries = membersOf(value);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined && typeof only[1] !== "boolean") {
    return ANSWER_KEYS.includes(only[0]) || typeof only[1] === "object" ? only[1] : undefined;
  }
  for (const key of ANSWER_KEYS) {
    const inner = value[key];
    const isBookkeeping = entries.every(
      ([name]) => name === key || /(?:id|ids|status|success|ok|usage|steps|duration|timestamp)$/i.test(name),
    );
    if (inner !== undefined && inner !== null && inner !== "" && isBookkeeping) return inner;
  }
  return undefined;
}

function membersOf(value: JSONObject): [string, JSONValue][] {
  return Object.entries(value).flatMap(([key, inner]) =>
    inner === undefined || inner === null ? [] : [[key, inner] as [string, JSONValue]],
  );
}

/** "the temperature is 21 °C, the condition is sunny and it is not raining" */
function objectSentence(value: JSONObject, depth: number): string {
  const members = membersOf(value);
  if (members.length === 0) return "nothing";
  const simple = members.filter(([, inner]) => !isLong(inner)).slice(0, 30);
  const long = members.filter(([, inner]) => isLong(inner)).slice(0, 10);
  const parts = simple.map(([key, inner]) => member(key, inner));
  const sentence = joined(parts);
  const blocks = long.map(([key, inner]) => {
    const text = phrase(inner, depth + 1);
    return `${capitalise(humanName(key))}:${text.startsWith("\n") ? "" : " "}${text}`;
  });
  return [sentence, ...blocks].filter((block) => block !== "").join(sentence === "" ? "\n" : ".\n");
}

function isLong(value: JSONValue): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    !(Array.isArray(value) && value.length <= 20 && value.every((one) => typeof one !== "object"))
  );
}

const UNIT_ENDINGS: Readonly<Record<string, string>> = {
  c: " °C",
  celsius: " °C",
  f: " °F",
  fahrenheit: " °F",
  km: " km",
  kmh: " km/h",
  kph: " km/h",
  mph: " mph",
  ms: " ms",
  seconds: " seconds",
  minutes: " minutes",
  percent: " %",
  pct: " %",
  usd: " USD",
  eur: " EUR",
  gbp: " GBP",
  kg: " kg",
  cm: " cm",
  mm: " mm",
  bytes: " bytes",
};

function member(key: string, value: JSONValue): string {
  const words = nameWords(key);
  const label = words.join(" ");
  if (typeof value === "boolean") {
    const state = words.filter((word) => !/^(?:is|has|was)$/.test(word)).join(" ");
    return /^(?:success|ok)$/.test(label)
      ? "it was done"
      : words[0] === "has"
        ? `it has ${value ? "" : "no "}${state}`
        : `it is ${value ? "" : "not "}${state}`;
  }
  const unit = typeof value === "number" && words.length > 1 ? UNIT_ENDINGS[words.at(-1) ?? ""] : undefined;
  const name = unit === undefined ? label : words.slice(0, -1).join(" ");
  const plural = Array.isArray(value) || (/[^s]s$/.test(name) && typeof value === "number");
  return `the ${name} ${plural ? "are" : "is"} ${phrase(value, 1)}${unit ?? ""}`;
}

function joined(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? "") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1) ?? ""}`;
}

function phrase(value: JSONValue | undefined, depth: number): string {
  if (value === undefined || value === null || value === "") return "nothing";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return String(Math.abs(value) < 1e15 ? Number(value.toFixed(6)) : value);
  if (typeof value === "string") return value.length > MAX_STRING ? `${value.slice(0, MAX_STRING)} …` : value;
  if (depth > MAX_DEPTH) return "more details";
  return isObject(value) ? inlineObject(value, depth) : listPhrase(value, depth);
}

function listPhrase(list: readonly JSONValue[], depth: number): string {
  if (list.length === 0) return "none";
  const shown = list.slice(0, list.every((one) => typeof one !== "object") ? 20 : MAX_ITEMS);
  const rest = list.length - shown.length;
  if (shown.every((one) => typeof one !== "object" || one === null)) {
    const words = shown.map((one) => phrase(one, depth));
    return rest > 0 ? `${words.join(", ")} and ${rest} more` : joined(words);
  }
  const indent = "  ".repeat(Math.max(0, depth - 1));
  const lines = shown.map((one) => `${indent}- ${phrase(one, depth + 1).replace(/\s*\n+\s*-?\s*/g, "; ")}`);
  return `\n${lines.join("\n")}${rest > 0 ? `\n${indent}- and ${rest} more` : ""}`;
}

/** An object inside a list: its title first, then its other members. */
function inlineObject(value: JSONObject, depth: number): string {
  const members = membersOf(value).slice(0, 20);
  const titleKey = ["title", "name", "label", "subject", "headline", "id"].find((key) => typeof value[key] === "string");
  const rest = members
    .filter(([key]) => key !== titleKey)
    .map(([key, inner]) => {
      const text = phrase(inner, depth + 1);
      return typeof inner === "boolean" ? member(key, inner).replace(/^it /, "") : `${humanName(key)} ${text}`;
    });
  const title = titleKey === undefined ? "" : phrase(value[titleKey], depth);
  if (title === "") return rest.join(", ") || "nothing";
  return rest.length === 0 ? title : `${title} (${rest.join(", ")})`;
}
