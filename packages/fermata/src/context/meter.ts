/** What a request's runs have used of what they may use. It travels with the request context to every run that the request starts. */

export interface Spending {
  readonly agentId: string;
  readonly runId: string;
  readonly threadId?: string | undefined;
  readonly modelId: string;
  readonly provider: string;
  readonly usage: Tokens;
}

export interface Tokens {
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly totalTokens?: number | undefined;
  readonly cachedInputTokens?: number | undefined;
  readonly reasoningTokens?: number | undefined;
}

/** What a run belongs to. */
export interface Spender {
  readonly agentId: string;
  readonly runId: string;
  readonly threadId?: string | undefined;
}

export interface Meter {
  /** Resolves to why the run may not ask a model, or to `undefined` when it may. */
  check(spender: Spender): Promise<Error | undefined>;
  /** Counts one answer of a model. */
  spend(spending: Spending): Promise<void>;
}
