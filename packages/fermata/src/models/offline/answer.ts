/** The sentences that the model says. */
import type { JSONValue, LanguageModelV4FunctionTool } from "@ai-sdk/provider";
import type { ToolOutcome } from "./conversation.ts";
import { isObject } from "./json.ts";
import { readOutput } from "./outcome.ts";
import { toProse } from "./prose.ts";
import { descriptionOf } from "./schema.ts";
import type { Slot } from "./slots.ts";
import { capitalise, humanName } from "./words.ts";

/** The words by which a later turn recognises that it was asked for something. */
export const STILL_NEED = "I still need";

/** A tool's name as said in a sentence. */
function toolLabel(name: string): string {
  return humanName(name.replace(/^(?:agent|workflow)-/, "")).replace(/(.) tool$/, "$1");
}

/** The answer to everything that the tools have said since the user's message. */
export function describeOutcomes(outcomes: readonly ToolOutcome[]): string {
  return outcomes.map((outcome) => describeOutcome(outcome, outcomes.length > 1)).join("\n");
}

function describeOutcome(call: ToolOutcome, isOneOfMany: boolean): string {
  const about = subjectOf(call.input);
  const label = about === "" ? toolLabel(call.toolName) : `${toolLabel(call.toolName)} (${about})`;
  const result = readOutput(call.output);
  if (result.kind === "denied")
    return `I did not run ${label}, because the call was not approved${result.reason === "" ? "" : `: ${result.reason.replace(/[.\s]+$/, "")}`}.`;
  if (result.kind === "failed") return `I tried ${label}, but it failed: ${result.reason.trim().replace(/[.\s]+$/, "")}.`;
  const prose = toProse(withoutEcho(result.value, call.input));
  if (typeof result.value === "string" && !isOneOfMany) return ended(prose);
  return `${capitalise(label.replace(READING, ""))}:${prose.startsWith("\n") ? "" : " "}${ended(prose)}`;
}

/** "get weather" has said its verb once the weather is there. */
const READING = /^(?:get|fetch|find|look up|lookup|check|read|show|retrieve|query) (?=\p{L})/u;

/** What a tool merely repeats of its arguments is not news. */
function withoutEcho(value: JSONValue, input: unknown): JSONValue {
  if (!isObject(value) || typeof input !== "object" || input === null) return value;
  const news = Object.entries(value).filter(([key, inner]) => typeof inner !== "string" || Reflect.get(input, key) !== inner);
  return news.length === 0 ? value : Object.fromEntries(news);
}

function ended(text: string): string {
  return /[.!?…:]["'”’)]?$/.test(text) || /\n *- [^\n]*$/.test(text) ? text : `${text}.`;
}

/** The first few plain arguments of a call, for telling one answer from another. */
function subjectOf(input: unknown): string {
  if (typeof input !== "object" || input === null) return "";
  return Object.values(input)
    .filter((value) => (typeof value === "string" && value.length <= 40) || typeof value === "number")
    .slice(0, 3)
    .join(", ");
}

export function askForMissing(tool: LanguageModelV4FunctionTool, missing: readonly Slot[]): string {
  const names = missing.map((slot) => {
    const description = descriptionOf(slot.schema).trim().replace(/\.$/, "");
    const name = /^(?:from|to)$/.test(slot.name)
      ? `${slot.kind === "text" ? "value" : slot.kind} for “${slot.name}”`
      : humanName(slot.name);
    return description === "" || description.length > 80
      ? `the ${name}`
      : `the ${name} (${description.charAt(0).toLowerCase()}${description.slice(1)})`;
  });
  return `I can use ${toolLabel(tool.name)} for that, but ${STILL_NEED} ${listed(names)}.`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
}

const MAX_TOOLS_NAMED = 10;

/** What this model is, what it can do here, and how to get a real one. */
export function introduce(tools: readonly LanguageModelV4FunctionTool[]): string {
  const names = tools.slice(0, MAX_TOOLS_NAMED).map((tool) => toolLabel(tool.name));
  const more = tools.length - names.length;
  const offer =
    tools.length === 0
      ? "This agent has no tools that I could call."
      : `The tools I can call are ${more > 0 ? `${names.join(", ")} and ${more} more` : listed(names)}.`;
  return (
    `I am the offline model: no language model is connected, so I can only pass requests on to tools and repeat what was said. ${offer} ` +
    "To connect a real model, set OPENAI_API_KEY (or another provider's key), start a local OpenAI-compatible server such as Ollama, or name a model in the agent's configuration."
  );
}
