/** Decides what the model says or calls next. Pure: the same prompt at the same time gives the same plan. */
import type { JSONValue, LanguageModelV4CallOptions, LanguageModelV4FunctionTool } from "@ai-sdk/provider";
import { askForMissing, describeOutcomes, introduce } from "./answer.ts";
import type { Input } from "./arguments.ts";
import { clausesOf } from "./clauses.ts";
import { readConversation, type Conversation } from "./conversation.ts";
import { completedRequest, followUp, type PlannedCall } from "./follow-up.ts";
import { createInstance } from "./instance.ts";
import { isObject } from "./json.ts";
import { isNegated, moodOf } from "./intent.ts";
import { readOutput } from "./outcome.ts";
import { acknowledge, isFact, recall } from "./recall.ts";
import { resolveSchema, typeOf } from "./schema.ts";
import { createIndex, fillTool, rankTools, routesFor, type Route, type ToolIndex } from "./route.ts";

export type Plan = { readonly kind: "calls"; readonly calls: readonly PlannedCall[] } | { readonly kind: "text"; readonly text: string };

const MAX_CALLS = 16;

export function createPlan(options: LanguageModelV4CallOptions, now: Date): Plan {
  const conversation = readConversation(options.prompt);
  const all = (options.tools ?? []).filter((tool) => tool.type === "function");
  const choice = options.toolChoice ?? { type: "auto" };
  const usable = choice.type === "none" ? [] : choice.type === "tool" ? all.filter((tool) => tool.name === choice.toolName) : all;
  const index = createIndex(usable);
  const calls =
    conversation.outcomes.length > 0
      ? nextCalls(conversation, index, now)
      : planCalls(conversation, index, now, choice.type === "required" || choice.type === "tool");
  if (calls.length > 0) return { kind: "calls", calls: calls.slice(0, MAX_CALLS) };
  if (options.responseFormat?.type === "json") return { kind: "text", text: jsonAnswer(conversation, options.responseFormat.schema, now) };
  return { kind: "text", text: answer(conversation, index, all, now) };
}

/** The calls for the user's message, before any tool has answered. */
function planCalls(conversation: Conversation, index: ToolIndex, now: Date, isForced: boolean): PlannedCall[] {
  const planned = voluntaryCalls(conversation, index, now);
  if (planned.length > 0 || !isForced) return planned;
  const tool = rankTools(conversation.user, index, { now })[0]?.entry.tool ?? index.entries[0]?.tool;
  return tool === undefined ? [] : [{ tool, input: forcedInput(tool, conversation.user, now) }];
}

/** Every required argument gets a value, because the caller insists on a call. */
function forcedInput(tool: LanguageModelV4FunctionTool, text: string, now: Date): Input {
  const { filled } = fillTool(tool, text, { now });
  const input: Input = { ...filled.input };
  for (const slot of filled.missing) input[slot.name] = createInstance(slot.schema, tool.inputSchema, { text, now, data: [] });
  return input;
}

function voluntaryCalls(conversation: Conversation, index: ToolIndex, now: Date): PlannedCall[] {
  if (index.entries.length === 0 || conversation.user === "") return [];
  if (isFact(conversation.user) && index.entries.some(({ tool }) => isMemoryTool(tool))) return rememberCalls(conversation, index, now);
  const own = routed(conversation.user, index, now);
  const completed = moodOf(conversation.user) === "phrase" || own.length === 0 ? completedRequest(conversation, index, now) : undefined;
  if (completed !== undefined) return completed;
  const varied = followUp(conversation, index, now);
  const isSameTool = own.every((route) => route.entry.tool.name === varied?.[0]?.tool.name);
  if (varied !== undefined && isSameTool) return varied;
  return isAnsweredByHistory(conversation) ? [] : own.flatMap(callsOf);
}

function isAnsweredByHistory(conversation: Conversation): boolean {
  return (
    /\?\s*$|^(?:what|who|where|when|which|do|repeat|tell me)\b/i.test(conversation.user) &&
    recall(conversation.user, conversation) !== undefined
  );
}

/** The complete routes for a message: one for each of its parts when each part has one, otherwise one for the whole. */
function routed(text: string, index: ToolIndex, now: Date): Route[] {
  if (isNegated(text)) return [];
  const clauses = clausesOf(text);
  if (clauses.length > 1) {
    const parts = clauses.map((clause) => routesFor(clause, index, { now })[0]);
    const complete = parts
      .filter((route) => route !== undefined && route.filled.missing.length === 0)
      .filter((route) => route !== undefined);
    const whole = routesFor(text, index, { now })[0];
    if (
      complete.length > 1 ||
      (complete.length === 1 && (whole === undefined || whole.filled.missing.length > 0 || parts.some((route) => route === undefined)))
    )
      return complete;
  }
  const best = routesFor(text, index, { now })[0];
  return best !== undefined && best.filled.missing.length === 0 ? [best] : [];
}

function callsOf(route: Route): PlannedCall[] {
  const { tool } = route.entry;
  const { input, more } = route.filled;
  return [{ tool, input }, ...more.flatMap((list) => list.values.map((value) => ({ tool, input: { ...input, [list.name]: value } })))];
}

/** A tool that keeps notes about the user gets the fact, together with what it already holds. */
function rememberCalls(conversation: Conversation, index: ToolIndex, now: Date): PlannedCall[] {
  const tool = index.entries.find((entry) => isMemoryTool(entry.tool))?.tool;
  if (tool === undefined) return [];
  const schema = resolveSchema(tool.inputSchema.properties?.memory, tool.inputSchema);
  if (typeOf(schema) !== "object")
    return [{ tool, input: { memory: `${conversation.memory === "" ? "" : `${conversation.memory}\n`}- ${conversation.user}` } }];
  const { filled } = fillTool(tool, conversation.user, { now });
  return filled.missing.length === 0 && Object.keys(filled.input).length > 0 ? [{ tool, input: filled.input }] : [];
}

function isMemoryTool(tool: LanguageModelV4FunctionTool): boolean {
  return /working_?-?memory/i.test(tool.name) && tool.inputSchema.properties?.memory !== undefined;
}

/** A second tool is called only when the first one's answer gives it an argument that was missing; no tool is called twice for one message. */
function nextCalls(conversation: Conversation, index: ToolIndex, now: Date): PlannedCall[] {
  const called = new Set(conversation.outcomes.map((outcome) => outcome.toolName));
  const known: Record<string, JSONValue> = {};
  for (const outcome of conversation.outcomes) {
    const result = readOutput(outcome.output);
    if (result.kind !== "value") return [];
    if (isObject(result.value)) {
      for (const [key, value] of Object.entries(result.value)) if (value !== undefined && value !== null) known[key] = value;
    }
  }
  for (const clause of [...clausesOf(conversation.user), conversation.user]) {
    const waiting = routesFor(clause, index, { now }).find(
      (route) => !called.has(route.entry.tool.name) && route.filled.missing.length > 0,
    );
    if (waiting === undefined) continue;
    const { filled } = fillTool(waiting.entry.tool, clause, { now, known: forMissing(waiting, known) });
    if (filled.missing.length === 0) return [{ tool: waiting.entry.tool, input: filled.input }];
  }
  return [];
}

/** What is known, under the names that the waiting tool uses: the same name, or a name that ends alike. */
function forMissing(route: Route, known: Readonly<Record<string, JSONValue>>): Record<string, JSONValue> {
  const given: Record<string, JSONValue> = {};
  for (const slot of route.filled.missing) {
    const key =
      Object.keys(known).find((name) => name === slot.name) ??
      Object.keys(known).find((name) => name.toLowerCase() === slot.kind || slot.name.toLowerCase().endsWith(name.toLowerCase()));
    const value = key === undefined ? undefined : known[key];
    if (
      value !== undefined &&
      (slot.type === "any" || typeof value === slot.type || (slot.type === "integer" && typeof value === "number"))
    )
      given[slot.name] = value;
  }
  return given;
}

function answer(conversation: Conversation, index: ToolIndex, tools: readonly LanguageModelV4FunctionTool[], now: Date): string {
  const { user, outcomes } = conversation;
  if (outcomes.length > 0 && isFact(user) && outcomes.every((outcome) => /memory/i.test(outcome.toolName))) return acknowledge(user);
  if (outcomes.length > 0) return describeOutcomes(outcomes);
  if (isFact(user)) return acknowledge(user);
  const remembered = recall(user, conversation);
  if (remembered !== undefined) return remembered;
  const wanting = routesFor(user, index, { now })[0];
  if (wanting !== undefined && wanting.filled.missing.length > 0) return askForMissing(wanting.entry.tool, wanting.filled.missing);
  if (isNegated(user)) return "All right, I will not do that.";
  if (/^(?:thanks|thank you|thx|cheers)\b/i.test(user)) return "You are welcome.";
  const greeting = /^(?:hi|hello|hey|good (?:morning|afternoon|evening))\b/i.test(user) ? "Hello! " : "";
  return `${greeting}${introduce(tools)}`;
}

function jsonAnswer(conversation: Conversation, schema: LanguageModelV4FunctionTool["inputSchema"] | undefined, now: Date): string {
  const data = conversation.outcomes.flatMap((outcome) => {
    const result = readOutput(outcome.output);
    return result.kind === "value" ? [result.value] : [];
  });
  if (schema === undefined) {
    const [first] = data;
    return JSON.stringify(
      isObject(first) ? first : { answer: data.length > 0 ? describeOutcomes(conversation.outcomes) : conversation.user },
    );
  }
  return JSON.stringify(createInstance(schema, schema, { text: conversation.user, now, data }));
}
