/** What a sentence wants done: the class of its verb, and whether it asks for anything at all. */
import { nameWords, wordsOf } from "./words.ts";

export type Action = "create" | "delete" | "update" | "send" | "read" | "run" | "transform";

const VERBS: Readonly<Record<Action, string>> = {
  create:
    "create add make schedule book register open plan put arrange reserve start draft insert append log save store set remind buy order note jot block forget file",
  delete: "delete remove erase cancel drop clear trash discard wipe unsubscribe abort void revoke",
  update: "update change edit modify rename move reschedule adjust switch turn",
  send: "send email mail message text notify forward ping dm",
  read: "get show list find check see view read fetch look lookup tell search google track describe display query count retrieve returns return gives browse give ask consult",
  transform: "convert translate calculate compute evaluate multiply divide subtract sum summarize summarise define exchange generate say",
  run: "play run execute launch trigger deploy restart",
};

const ACTION_OF = new Map<string, Action>();
for (const [action, words] of Object.entries(VERBS)) {
  // The keys of VERBS are the actions; Object.entries widens them to string.
  for (const word of words.split(" ")) if (!ACTION_OF.has(word)) ACTION_OF.set(word, action as Action);
}

export function isVerb(word: string): boolean {
  return ACTION_OF.has(word.toLowerCase());
}

function actionOf(word: string): Action | undefined {
  const lower = word.toLowerCase();
  return ACTION_OF.get(lower) ?? ACTION_OF.get(lower.replace(/s$/, "")) ?? ACTION_OF.get(lower.replace(/ing$|es$|e?d$/, ""));
}

const POLITE =
  /^(?:(?:hey|hi|hello|ok|okay|so|well|and|also|then|now|great|thanks|please|pls|kindly|just|quickly|can|could|would|will|you|u|i|i'd|we|we'd|like|want|need|wanna|to|like|let|me|let's|help|go|ahead|try|d|ll|able|be|love|gonna|must|have|mind)[\s,!.]+)+/i;

/** The message without its courtesies: "could you please delete x" gives "delete x". */
export function withoutCourtesy(text: string): string {
  return text.trim().replace(POLITE, "");
}

export type Mood = "command" | "question" | "statement" | "phrase";

const QUESTION =
  /^(?:what|who|whom|whose|which|when|where|why|how|is|are|was|were|do|does|did|has|have|will|should|any)\b|^(?:what|who|where|how|when)['’]s\b/i;
const STATEMENT = /^(?:i|we|he|she|they|it|that|this|these|those|you|my|our|the|i['’]m|i['’]ve|it['’]s|that['’]s|you['’]re|there)\b/i;
const WISH =
  /^(?:i|we)(?:['’]d)?\s+(?:(?:really|also|would|still)\s+)*(?:need|want|like|wanna|have to|must|could use|wonder)\b|^(?:i['’]m|i am|we['’]re|we are)\s+(?:looking|trying|going to need|wondering|curious)\b|^you (?:should|must|need)\b/i;

/** Whether `text` orders, asks, tells, or merely names something. */
export function moodOf(text: string): Mood {
  const trimmed = text.trim();
  const bare = withoutCourtesy(trimmed);
  const first = wordsOf(bare.slice(0, 60))[0]?.text ?? "";
  if (WISH.test(trimmed)) return "command";
  if (isVerb(first) && !STATEMENT.test(trimmed)) return "command";
  if (QUESTION.test(bare) || /\?\s*$/.test(trimmed)) return "question";
  if (STATEMENT.test(trimmed)) return "statement";
  return "phrase";
}

/** The kind of doing that the message asks for, if it says so. */
export function requestedAction(text: string): Action | undefined {
  const trimmed = text.trim();
  if (/^(?:.{0,40}\b)?(?:get rid of)\b/i.test(trimmed)) return "delete";
  const bare = withoutCourtesy(trimmed);
  if (/^tell (?!me\b|us\b)\S+ (?:that|to)\b/i.test(bare)) return "send";
  for (const word of wordsOf(bare.slice(0, 80)).slice(0, 3)) {
    const action = ACTION_OF.get(word.text);
    if (action !== undefined) return action;
    if (/^(?:what|what's|who|who's|which|when|where|where's|how|how's|is|are|was|were|do|does|did|has|have|any)$/.test(word.text))
      return "read";
  }
  return undefined;
}

/** The kind of doing that a tool does, by its name first and its description second. */
export function toolAction(name: string, description: string): Action | undefined {
  for (const word of nameWords(name)) {
    const action = ACTION_OF.get(word);
    if (action !== undefined) return action;
  }
  const first = wordsOf(description.slice(0, 60))[0]?.text;
  return first === undefined ? undefined : actionOf(first);
}

/** Deleting and reading never stand in for each other, nor does either for writing. */
export function conflicts(wanted: Action | undefined, offered: Action | undefined): boolean {
  if (wanted === undefined || offered === undefined || wanted === offered) return false;
  if (wanted === "delete" || offered === "delete") return true;
  if (wanted === "read") return offered !== "transform";
  if (offered === "read") return wanted === "update" || wanted === "send";
  return wanted === "update" && offered === "create" ? false : wanted === "send" && offered === "create";
}

const NOT_FOR_TOOLS =
  /\b(?:poem|haiku|joke|story|essay|song lyrics|limerick|riddle)\b|^(?:why|explain|how (?:does|do (?!i\b|you say|we)|did|are you|is it going))\b|^(?:do|did|are|were) you\b|\bwhat do you think\b|\bmeaning of life\b|\bhow are you\b|^what(?:['’]s| is) up\b|^what(?:['’]s| is| are) an?\s+\S+$|^(?:nice|cool|awesome|lovely|perfect|wow|haha|lol)\b/i;

/** Requests that ask for thought or talk, which nothing but a language model can serve. */
export function asksForTalk(text: string): boolean {
  return NOT_FOR_TOOLS.test(withoutCourtesy(text).replace(/[?!.\s]+$/, ""));
}

/** "Don't delete it": an order not to. "Don't forget" and "don't let me forget" are orders to do. */
export function isNegated(text: string): boolean {
  return /^(?:please\s+)?(?:don['’]?t|do not|never|no need to|stop)\b(?!.{0,12}\bforget\b)/i.test(text.trim());
}
