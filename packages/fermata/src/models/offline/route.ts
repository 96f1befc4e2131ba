/** Chooses a tool for a sentence by the words of the tools' names, descriptions and arguments, and by the values the sentence holds. */
import type { LanguageModelV4FunctionTool } from "@ai-sdk/provider";
import { fillArguments, type FillContext, type Filled } from "./arguments.ts";
import { asksForTalk, conflicts, isNegated, moodOf, requestedAction, toolAction, withoutCourtesy, type Action } from "./intent.ts";
import { LANGUAGE } from "./lexicon.ts";
import { createPassage, GAP, type Passage } from "./passage.ts";
import { descriptionOf, propertiesOf, resolveSchema } from "./schema.ts";
import { isStopWord, nameWords, relatedTo, stem, wordsOf } from "./words.ts";

export interface ToolEntry {
  readonly tool: LanguageModelV4FunctionTool;
  readonly action: Action | undefined;
  readonly name: ReadonlySet<string>;
  readonly description: ReadonlySet<string>;
  readonly parameters: ReadonlySet<string>;
}

export interface ToolIndex {
  readonly entries: readonly ToolEntry[];
  /** How telling a stem is: 1 when one tool has it, towards 0 when all have. */
  readonly weight: (wordStem: string) => number;
}

export interface Route {
  readonly entry: ToolEntry;
  readonly score: number;
  readonly filled: Filled;
}

const MAX_TOOLS = 256;
const MAX_DESCRIPTION = 1000;
/** Tools whose arguments are filled before the final choice. */
const SHORTLIST = 6;
/** A route below this is no route. Set on the development set. */
const MIN_SCORE = 1.9;

export function createIndex(tools: readonly LanguageModelV4FunctionTool[]): ToolIndex {
  const entries = tools.slice(0, MAX_TOOLS).map(createEntry);
  const count = new Map<string, number>();
  for (const entry of entries) {
    for (const word of new Set([...entry.name, ...entry.description, ...entry.parameters])) count.set(word, (count.get(word) ?? 0) + 1);
  }
  const top = Math.log(1 + entries.length / 1.5);
  return { entries, weight: (word) => (top === 0 ? 0 : Math.log(1 + entries.length / (0.5 + (count.get(word) ?? 0))) / top) };
}

function createEntry(tool: LanguageModelV4FunctionTool): ToolEntry {
  const description = (tool.description ?? "").slice(0, MAX_DESCRIPTION);
  // "agent-" and "workflow-" say how the tool is built, not what it is for.
  const name = tool.name.replace(/^(?:agent|workflow)-/, "");
  return {
    tool,
    action: toolAction(name, description),
    name: contentStems(nameWords(name)),
    description: contentStems(wordsOf(description).map((word) => word.text)),
    parameters: contentStems(parameterWords(tool)),
  };
}

function contentStems(words: readonly string[]): Set<string> {
  return new Set(words.filter((word) => !isStopWord(word)).map(stem));
}

function parameterWords(tool: LanguageModelV4FunctionTool): string[] {
  const words: string[] = [];
  const visit = (definition: Parameters<typeof resolveSchema>[0], depth: number): void => {
    const schema = resolveSchema(definition, tool.inputSchema);
    words.push(...wordsOf(descriptionOf(schema)).map((word) => word.text));
    for (const option of Array.isArray(schema.enum) ? schema.enum.slice(0, 40) : [])
      if (typeof option === "string") words.push(...nameWords(option.slice(0, 60)));
    if (depth < 2 && words.length < 600)
      for (const [name, inner] of propertiesOf(schema)) {
        words.push(...nameWords(name));
        visit(inner, depth + 1);
      }
  };
  visit(tool.inputSchema, 0);
  return words;
}

/** Turns of phrase that mean more than their words. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\bhow (?:much|many)\b.*\b(?:in|is|are|to|into|per)\b/i, "convert exchange"],
  [/\bwhere(?:['’]s| is| are)\b.*\bmy\b/i, "track status"],
  [/\d\s*%?\s*(?:[-+*/×÷^]|\b(?:plus|minus|times|multiplied by|divided by)\b)\s*[(-]?\s*\d/i, "calculate evaluate expression"],
  [/(?:%|\bpercent) of\b|\bsquare root\b/i, "calculate evaluate expression"],
  [/\bhow (?:do|would|can) (?:i|you|we) say\b|\bsay\b.*\bin \p{Lu}\p{Ll}+\b/u, "translate"],
  [/\bget rid of\b/i, "delete"],
  [/\b(?:don['’]?t|not) (?:let me )?forget\b|\bwake me\b/i, "remind"],
  [/\blet \S+ know\b|\bdrop \S+ a (?:line|note)\b/i, "send message"],
  [/\b(?:is|will) it (?:going to )?(?:rain|snow|be|get)\b|\b(?:need|take|bring) (?:an umbrella|a (?:coat|jacket))\b/i, "weather forecast"],
  [new RegExp(`\\b(?:in|into|to)\\s+${LANGUAGE.source}`, "iu"), "translate language"],
  [/\b[\w.+-]{1,64}@[a-z0-9-]{1,63}\.[a-z]/i, "email send"],
  [/\bwhat time\b/i, "time"],
  [/\bwhat (?:does|do)\b.*\bmean\b|\bmeaning of\b/i, "define definition"],
  [/\btell (?!me\b|us\b)\S+ (?:that|to)\b/i, "send message"],
  [/\bhow (?:do|can|would) (?:i|we) get (?:from|to)\b/i, "directions route navigate"],
  [/\bhow(?:['’]s| is)\b.*\b(?:doing|trading)\b/i, "price quote"],
];

function queryStems(text: string): Map<string, number> {
  const weights = new Map<string, number>();
  const raise = (word: string, weight: number): void => void (weight > (weights.get(word) ?? 0) && weights.set(word, weight));
  for (const word of wordsOf(text)) {
    if (isStopWord(word.text)) continue;
    raise(word.stem, 1);
    for (const [other, weight] of relatedTo(word.stem)) raise(other, weight);
  }
  for (const [pattern, words] of PHRASES) if (pattern.test(text)) for (const word of words.split(" ")) raise(stem(word), 0.8);
  return weights;
}

/** Tools for one request, best first. Empty when the sentence asks for nothing that a tool could do. */
export function routesFor(text: string, index: ToolIndex, context: Pick<FillContext, "now" | "known">): Route[] {
  if (isNegated(text) || asksForTalk(text) || moodOf(text) === "statement") return [];
  return rankTools(text, index, context).filter((route) => route.score >= MIN_SCORE);
}

/** All tools that share anything with `text`, best first, whatever the sentence asks. */
export function rankTools(text: string, index: ToolIndex, context: Pick<FillContext, "now" | "known">): Route[] {
  const query = queryStems(withoutCourtesy(text));
  const wanted = requestedAction(text);
  const head = [...query].find(([, weight]) => weight === 1)?.[0] ?? "";
  return index.entries
    .map((entry) => ({ entry, words: wordScore(entry, query, head, index) }))
    .filter(({ words }) => words > 0)
    .sort((left, right) => right.words - left.words)
    .slice(0, SHORTLIST)
    .map(({ entry, words }): Route => {
      const { filled, passage } = fillTool(entry.tool, text, context);
      return { entry, filled, score: finalScore(entry, words, filled, passage, wanted, query) };
    })
    .sort((left, right) => right.score - left.score);
}

/** `head` is the first telling word, which more often than not names what is to be done. */
function wordScore(entry: ToolEntry, query: ReadonlyMap<string, number>, head: string, index: ToolIndex): number {
  let total = 0;
  for (const [word, weight] of query) {
    const field = entry.name.has(word) ? 3 : entry.description.has(word) ? 1.6 : entry.parameters.has(word) ? 0.7 : 0;
    if (field === 0) continue;
    total += field * weight * (0.25 + 0.75 * index.weight(word));
  }
  const lead = entry.name.has(head) ? 1.5 : entry.description.has(head) ? 0.6 : 0;
  return Math.min(total + lead, 10);
}

function finalScore(
  entry: ToolEntry,
  words: number,
  filled: Filled,
  passage: Passage,
  wanted: Action | undefined,
  query: ReadonlyMap<string, number>,
): number {
  const required = Object.keys(filled.input).length + filled.missing.length;
  const fill = filled.missing.length === 0 ? 1 : 1 - (0.5 * filled.missing.length) / Math.max(1, required);
  // Words that neither name the tool nor fill an argument speak against it.
  const left = wordsOf(passage.rest.replaceAll(GAP, " ")).filter((word) => !isStopWord(word.text));
  const strange = left.filter(
    (word) => !entry.name.has(word.stem) && !entry.description.has(word.stem) && !entry.parameters.has(word.stem),
  ).length;
  const known = [...query].filter(([word, weight]) => weight === 1 && (entry.name.has(word) || entry.description.has(word))).length;
  const isNamed = [...query].some(([word, weight]) => weight >= 0.5 && entry.name.has(word));
  const doubt = !isNamed && strange >= Math.max(1, known) ? 0.6 : strange > 2 + known && filled.typed < 1 ? 0.7 : 1;
  const action = conflicts(wanted, entry.action) ? 0.3 : wanted !== undefined && wanted === entry.action ? 1.15 : 1;
  return (words + Math.min(filled.typed, 2.5)) * fill * doubt * action;
}

/** Fills one tool's arguments from `text`. */
export function fillTool(
  tool: LanguageModelV4FunctionTool,
  text: string,
  context: Pick<FillContext, "now" | "known">,
): { filled: Filled; passage: Passage } {
  const name = tool.name.replace(/^(?:agent|workflow)-/, "");
  const passage = createPassage(text, nameWords(name));
  const filled = fillArguments(resolveSchema(tool.inputSchema, tool.inputSchema), tool.inputSchema, passage, {
    ...context,
    toolName: name,
    description: (tool.description ?? "").slice(0, MAX_DESCRIPTION),
  });
  return { filled, passage };
}
