/** Answers from what was said before: names, facts, and the last message. */
import type { Conversation, Turn } from "./conversation.ts";
import { isStopWord, relatedTo, wordsOf } from "./words.ts";

const FACT =
  /^(?:please\s+)?(?:remember(?:\s+that)?|note(?:\s+that)?|keep in mind(?:\s+that)?|for the record|fyi|my (?:\p{L}+ ){1,3}(?:is|are)|i am|i['’]m(?! looking| trying)|i (?:live|like|love|prefer|work|hate|was born|have (?:a|an|two|three)))\b/iu;
const CALL_ME = /^(?:please\s+)?call me \p{Lu}\p{L}+[.!]?$/u;

/** "My name is Ada", "remember that …": told, not asked. */
export function isFact(text: string): boolean {
  return (FACT.test(text.trim()) || CALL_ME.test(text.trim())) && !/\?\s*$/.test(text) && !/^remember to\b/i.test(text.trim());
}

/** Says a fact back. */
export function acknowledge(text: string): string {
  const bare = text
    .trim()
    .replace(/^(?:please\s+)?(?:remember|note|keep in mind)(?:\s+that)?[\s,:]+/i, "")
    .replace(/[.!\s]+$/, "");
  return `Noted: ${mirror(bare)}.`;
}

const MIRROR: Readonly<Record<string, string>> = {
  my: "your",
  mine: "yours",
  i: "you",
  me: "you",
  myself: "yourself",
  we: "you",
  our: "your",
  us: "you",
};

/** "my name is Ada" as the other side says it: "your name is Ada". */
function mirror(text: string): string {
  return text
    .replace(/\b(?:i am|i['’]m)\b/gi, "you are")
    .replace(/\bi was\b/gi, "you were")
    .replace(/\b(?:my|mine|i|me|myself|we|our|us)\b/gi, (word) => MIRROR[word.toLowerCase()] ?? word);
}

const LAST_ANSWER =
  /\b(?:what (?:did|have) you (?:just )?(?:tell|told|say|said|answer|find|found)\b|(?:repeat|say) (?:that|it)(?: again)?\b|what was (?:that|the (?:answer|result))\b|come again)/i;
const LAST_REQUEST =
  /\bwhat (?:did i|have i|was i) (?:just )?(?:say|said|ask|asked|tell|told|asking)\b|\bwhat was my (?:last )?(?:question|message|request)\b/i;

/** The answer to `question` from the conversation, if it holds one. */
export function recall(question: string, { history, memory }: Pick<Conversation, "history" | "memory">): string | undefined {
  const said = (role: Turn["role"]): string | undefined => history.findLast((turn) => turn.role === role)?.text;
  if (LAST_ANSWER.test(question)) {
    const topic = contentOf(question).size > 0 ? bestSentence(question, history, "assistant") : undefined;
    const answer = topic ?? said("assistant");
    return answer === undefined ? "I have not told you anything yet." : `I told you: ${answer}`;
  }
  if (LAST_REQUEST.test(question)) {
    const topic = contentOf(question).size > 0 ? bestSentence(question, history, "user") : undefined;
    const request = topic ?? said("user");
    return request === undefined ? "You have not said anything before this." : `You said: ${request}`;
  }
  if (!/\b(?:my|i|me|mine|we|our)\b/i.test(question)) return undefined;
  const told: readonly Turn[] = memory === "" ? history : [{ role: "user", text: memory.replace(/^[-*\s]+/gm, "") }, ...history];
  return toldYou(bestSentence(/\bwho am i\b/i.test(question) ? "my name" : question, told, "user"));
}

function toldYou(sentence: string | undefined): string | undefined {
  if (sentence === undefined) return undefined;
  return `You told me: ${mirror(sentence.replace(/^(?:please\s+)?(?:remember|note)(?:\s+that)?\s+/i, "").replace(/[.!\s]+$/, ""))}.`;
}

const FILLER =
  /^(?:tell|told|say|said|answer|answered|find|found|ask|asked|asking|remember|know|question|message|request|repeat|result|earlier|before|come|last)$/;

function contentOf(text: string): Set<string> {
  return new Set(
    wordsOf(text)
      .filter((word) => !isStopWord(word.text) && !FILLER.test(word.text))
      .map((word) => word.stem),
  );
}

const LIVES = new Set(["live", "citi", "city", "home", "town", "hometown"]);

/** The statement that shares most with the question, the later one winning ties. */
function bestSentence(question: string, history: readonly Turn[], role: Turn["role"]): string | undefined {
  const asked = contentOf(question);
  if (asked.size === 0) return undefined;
  let best: { readonly sentence: string; readonly score: number } | undefined;
  for (const turn of history) {
    if (turn.role !== role) continue;
    for (const sentence of turn.text.split(/(?<=[.!?])\s+|\n+|,\s+(?:and|but)\s+|\s+and\s+(?=i\b|my\b)/i).slice(0, 60)) {
      if (/\?\s*$/.test(sentence) || (!/\b(?:my|i|i['’]m|we|our|remember|note|call me)\b/i.test(sentence) && role === "user")) continue;
      const score =
        overlap(asked, contentOf(`${sentence}${/\b(?:call me|i am|i['’]m)\s+\p{Lu}/u.test(sentence) ? " name" : ""}`)) / asked.size;
      if (score >= 0.5 && score >= (best?.score ?? 0)) best = { sentence: sentence.trim(), score };
    }
  }
  return best?.sentence;
}

function overlap(asked: ReadonlySet<string>, said: ReadonlySet<string>): number {
  let sum = 0;
  for (const word of asked) {
    if (said.has(word)) sum += 1;
    else if (
      [...relatedTo(word).keys()].some((other) => said.has(other)) ||
      (LIVES.has(word) && [...LIVES].some((other) => said.has(other)))
    )
      sum += 0.6;
  }
  return sum;
}
