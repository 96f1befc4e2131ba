/** Sets text aside that the message marks as such, so that nothing inside it is taken for another argument. */
import type { JSONValue } from "@ai-sdk/provider";
import { quotations, take, type Passage } from "./passage.ts";
import { markedText, namedText, spokenText } from "./phrases.ts";
import type { Slot } from "./slots.ts";

/** Text that is quoted or announced is set aside first, so that a date inside a message stays in the message. */
export function reserveText(slots: readonly Slot[], passage: Passage, found: Map<string, JSONValue>): void {
  const free = slots.filter(
    (slot) => slot.type === "string" && slot.schema.enum === undefined && ["title", "content", "query", "text"].includes(slot.kind),
  );
  for (const slot of free) {
    const marked = markedText(passage, slot.words);
    if (marked === undefined) continue;
    found.set(slot.name, marked.value);
    take(passage, marked);
  }
  const title = free.find((slot) => slot.kind === "title" && !found.has(slot.name));
  const content = free.find((slot) => slot.kind === "content" && !found.has(slot.name));
  const named = title === undefined ? undefined : namedText(passage);
  if (title !== undefined && named !== undefined && (title.required || free.some((slot) => slot.kind === "content"))) {
    found.set(title.name, named.value);
    take(passage, named);
  }
  reserveQuotations(
    free.filter((slot) => !found.has(slot.name)),
    passage,
    found,
  );
  const saying =
    (content !== undefined && found.has(content.name) ? undefined : content) ??
    (free.some((slot) => slot.kind === "content")
      ? undefined
      : free.find((slot) => slot.kind === "title" && slot.required && !found.has(slot.name)));
  const spoken =
    saying === undefined || saying.words.includes("prompt")
      ? undefined
      : spokenText(
          passage,
          slots.filter((slot) => slot !== saying).flatMap((slot) => slot.words),
        );
  if (saying !== undefined && spoken !== undefined) {
    found.set(saying.name, spoken.value);
    take(passage, spoken);
  }
}

/** One quotation for each free text, required ones first. More quotations than texts are a list, which is left for later. */
function reserveQuotations(free: readonly Slot[], passage: Passage, found: Map<string, JSONValue>): void {
  const open = free.filter((slot) => !slot.words.includes("prompt")).sort((left, right) => Number(right.required) - Number(left.required));
  const quoted = quotations(passage);
  if (quoted.length > open.length) return;
  quoted.forEach((quotation, index) => {
    const slot = open[index];
    if (slot === undefined) return;
    found.set(slot.name, quotation.value);
    take(passage, quotation);
  });
}
