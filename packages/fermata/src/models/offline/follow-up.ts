/** Messages that only make sense after the ones before: "and in Oslo?", "again", the answer to a question of ours. */
import type { JSONValue, LanguageModelV4FunctionTool } from "@ai-sdk/provider";
import type { Input } from "./arguments.ts";
import { STILL_NEED } from "./answer.ts";
import type { Conversation } from "./conversation.ts";
import { fillTool, rankTools, type ToolIndex } from "./route.ts";
import { moodOf } from "./intent.ts";
import { wordsOf } from "./words.ts";

export interface PlannedCall {
  readonly tool: LanguageModelV4FunctionTool;
  readonly input: Input;
}

const ELLIPSIS = /^(?:and|what about|how about|and what about|same (?:thing )?(?:for|in|with)|also|now|or|but|then|in|for|on)\b/i;
const AGAIN =
  /^(?:please\s+)?(?:again|once more|one more time|(?:do|run|try|check) (?:it|that|this) (?:again|once more)|repeat|retry|try again)[\s.!?]*$/i;

const REFUSAL = /^(?:no|nope|never mind|nevermind|cancel|stop|forget it|nothing|don['’]t|help|thanks|thank you)\b/i;

/** The call that the message varies or repeats. */
export function followUp(conversation: Conversation, index: ToolIndex, now: Date): PlannedCall[] | undefined {
  const last = conversation.earlierCalls.at(-1);
  const tool = index.entries.find((entry) => entry.tool.name === last?.toolName)?.tool;
  if (last === undefined || tool === undefined || !isInput(last.input)) return undefined;
  if (AGAIN.test(conversation.user)) return [{ tool, input: last.input }];
  if (wordsOf(conversation.user).length > 8 || !ELLIPSIS.test(conversation.user)) return undefined;
  const text = conversation.user.replace(/^(?:and|or|but|then|now|also)\s+/i, "").replace(/^(?:what|how) about\s+/i, "for ");
  const { filled } = fillTool(tool, text, { now, known: last.input });
  const variants = [filled.input, ...filled.more.flatMap((list) => list.values.map((value) => ({ ...filled.input, [list.name]: value })))];
  const changed = variants.filter((input) =>
    Object.entries(input).some(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(last.input === null ? null : Reflect.get(last.input as Input, name)),
    ),
  );
  return changed.length === 0 || filled.missing.length > 0 ? undefined : changed.map((input) => ({ tool, input }));
}

/** The request that we asked a question about, completed by the answer to it. */
export function completedRequest(conversation: Conversation, index: ToolIndex, now: Date): PlannedCall[] | undefined {
  const asked = conversation.history.at(-1);
  const request = conversation.history.findLast((turn) => turn.role === "user");
  if (asked?.role !== "assistant" || !asked.text.includes(STILL_NEED) || request === undefined) return undefined;
  const route = rankTools(request.text, index, { now })[0];
  if (route === undefined || route.filled.missing.length === 0) return undefined;
  const first = route.filled.missing[0];
  const known: Record<string, JSONValue> = { ...route.filled.input };
  const answer = fillTool(route.entry.tool, conversation.user, { now, known }).filled;
  if (answer.missing.length === 0) return [{ tool: route.entry.tool, input: { ...answer.input, ...known } }];
  if (moodOf(conversation.user) !== "phrase" || REFUSAL.test(conversation.user)) return undefined;
  const bare = conversation.user
    .replace(/^(?:it['’]?s|in|for|to|the)\s+/i, "")
    .replace(/[.!?]+$/, "")
    .trim();
  if (route.filled.missing.length === 1 && first?.type === "string" && bare !== "" && wordsOf(bare).length <= 6)
    return [{ tool: route.entry.tool, input: { ...known, [first.name]: bare } }];
  return undefined;
}

function isInput(input: unknown): input is Input {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}
