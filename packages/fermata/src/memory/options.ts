import { FermataError } from "../errors.ts";
import type { ModelConfig } from "../models/types.ts";
import type { Schema } from "../schema/schema.ts";

/** What happens to a turn on a thread whose last turn still runs: it waits, it is refused, it ends the other one, or both run. */
export type TurnPolicy = "queue" | "reject" | "interrupt" | "parallel";

export interface WorkingMemoryOptions {
  readonly enabled: boolean;
  /** Whether it belongs to one thread, or to all threads of a resource. Default `resource`. */
  readonly scope?: "thread" | "resource";
  /** Markdown that the model fills in. */
  readonly template?: string;
  /** The memory is JSON of this shape; updates are merged into it. Instead of `template`. */
  readonly schema?: Schema;
}

export interface SemanticRecallOptions {
  /** How many messages are looked for. Default 4. */
  readonly topK?: number;
  /** How many neighbours come with each. Default 1 on each side. */
  readonly messageRange?: number | { readonly before: number; readonly after: number };
  /** Where is looked: in this thread, or in all of the resource. Default `resource`. */
  readonly scope?: "thread" | "resource";
  /** The least similarity, between 0 and 1. */
  readonly threshold?: number;
}

export interface TitleOptions {
  /** Default: the agent's. */
  readonly model?: ModelConfig;
  readonly instructions?: string;
}

/** What is remembered, and how much of it the model is told. */
export interface MemoryConfig {
  /** How many messages of the thread the model is told; false for none. Default 10. */
  readonly lastMessages?: number | false;
  readonly messageHistory?: {
    /** Estimated tokens of the whole conversation in a model call; the oldest goes first. Default: as much as the model takes. */
    readonly maxTokens?: number;
  };
  readonly semanticRecall?: boolean | SemanticRecallOptions;
  readonly workingMemory?: WorkingMemoryOptions;
  /** Names a thread after its first turn. Default false. */
  readonly generateTitle?: boolean | TitleOptions;
  /** Tell the model, and store nothing. Default false. */
  readonly readOnly?: boolean;
  /** Default `queue`. */
  readonly turns?: TurnPolicy;
}

/** Options with every default filled in. */
export interface ResolvedMemoryConfig {
  readonly lastMessages: number;
  readonly maxTokens: number | undefined;
  readonly semanticRecall:
    | (Required<Omit<SemanticRecallOptions, "messageRange">> & { readonly before: number; readonly after: number })
    | undefined;
  readonly workingMemory: (WorkingMemoryOptions & { readonly scope: "thread" | "resource" }) | undefined;
  readonly generateTitle: TitleOptions | undefined;
  readonly readOnly: boolean;
  readonly turns: TurnPolicy;
}

const POLICIES: readonly unknown[] = ["queue", "reject", "interrupt", "parallel"];
const MAX_MESSAGES = 10_000;

/** @throws FermataError `VALIDATION_FAILED` for values that cannot be meant. */
export function resolveConfig(config: MemoryConfig = {}): ResolvedMemoryConfig {
  const { lastMessages = 10, messageHistory, semanticRecall, workingMemory, generateTitle, readOnly = false, turns = "queue" } = config;
  const maxTokens = messageHistory?.maxTokens;
  if (lastMessages !== false) assertCount("lastMessages", lastMessages, 0);
  if (maxTokens !== undefined) assertCount("messageHistory.maxTokens", maxTokens, 1, Number.MAX_SAFE_INTEGER);
  if (typeof readOnly !== "boolean") throw invalid("readOnly must be true or false");
  if (!POLICIES.includes(turns)) throw invalid(`turns must be one of ${POLICIES.join(", ")}`);
  return {
    lastMessages: lastMessages === false ? 0 : lastMessages,
    maxTokens,
    semanticRecall: semanticRecall ? recallOptions(semanticRecall === true ? {} : semanticRecall) : undefined,
    workingMemory: workingMemory?.enabled ? { scope: "resource", ...workingMemory } : undefined,
    generateTitle: generateTitle ? (generateTitle === true ? {} : generateTitle) : undefined,
    readOnly,
    turns,
  };
}

/** The app's options, changed for one turn. Of the working memory a turn may change only whether there is one: its shape is the app's. */
export function mergeConfig(base: MemoryConfig, turn: MemoryConfig | undefined): MemoryConfig {
  if (!turn) return base;
  const { workingMemory, ...rest } = turn;
  const known = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const merged: MemoryConfig = { ...base, ...known };
  if (workingMemory === undefined || base.workingMemory === undefined) return merged;
  return { ...merged, workingMemory: { ...base.workingMemory, enabled: workingMemory.enabled } };
}

function recallOptions({
  topK = 4,
  messageRange = 1,
  scope = "resource",
  threshold = -1,
}: SemanticRecallOptions): NonNullable<ResolvedMemoryConfig["semanticRecall"]> {
  assertCount("semanticRecall.topK", topK, 1, 100);
  const { before, after } = typeof messageRange === "number" ? { before: messageRange, after: messageRange } : messageRange;
  assertCount("semanticRecall.messageRange", before, 0, 100);
  assertCount("semanticRecall.messageRange", after, 0, 100);
  return { topK, before, after, scope, threshold };
}

function assertCount(name: string, value: unknown, least: number, most = MAX_MESSAGES): void {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw invalid(`${name} must be a whole number from ${least} to ${most}`);
}

function invalid(reason: string): FermataError {
  return new FermataError("VALIDATION_FAILED", `memory.options: ${reason}.`);
}
