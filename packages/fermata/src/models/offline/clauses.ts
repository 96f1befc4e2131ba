/** Splits a message into the requests it may hold. */
import { isVerb } from "./intent.ts";

const MAX_CLAUSES = 8;
const MARK = "\u0002";

/** The sentences and coordinated parts of `text`; one part when there is nothing to split. Quotations stay whole. */
export function clausesOf(text: string): string[] {
  const held: string[] = [];
  const hold = (quoted: string): string => `${MARK}${held.push(quoted) - 1}${MARK}`;
  const masked = text.replace(/"[^"]*"|“[^”]*”|(?<=^|[\s(])'[^'\n]*'(?=$|[\s).,;:!?])/g, hold);
  const parts = masked
    .split(/(?<=[?!.])\s+(?=\S)|\s*;\s*|\n+|,?\s+(?:and then|then|and also|and|also|plus)\s+(?=[\p{L}'’]+)|,\s+(?=[\p{L}'’]+)/u)
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const separators =
    masked.match(/(?<=[?!.])\s+(?=\S)|\s*;\s*|\n+|,?\s+(?:and then|then|and also|and|also|plus)\s+(?=[\p{L}'’]+)|,\s+(?=[\p{L}'’]+)/gu) ??
    [];
  const clauses: string[] = [];
  parts.forEach((part, index) => {
    const previous = clauses.at(-1);
    const separator = separators[index - 1] ?? " ";
    if (previous === undefined || /[?!.]$/.test(previous) || /;|\n|then|also/.test(separator) || startsRequest(part)) clauses.push(part);
    else clauses[clauses.length - 1] = `${previous}${separator}${part}`;
  });
  const restored = clauses.map((clause) =>
    clause.replace(new RegExp(`${MARK}(\\d+)${MARK}`, "g"), (_, index: string) => held[Number(index)] ?? ""),
  );
  return restored.length > MAX_CLAUSES ? [text] : restored;
}

/** A part that orders or asks by itself: "delete the file", "what time is it". */
function startsRequest(part: string): boolean {
  const first = /^(?:please\s+|can you\s+|could you\s+)?([\p{L}]+)/u.exec(part)?.[1]?.toLowerCase() ?? "";
  return isVerb(first) || /^(?:what|what['’]s|how|who|where|when|which|is|are|will|does)$/.test(first) || /^what['’]s\b/i.test(part);
}
