/**
 * Where runs wait for an answer. A suspended run is data, so that any process that shares the store can go on with it.
 */

/** A tool call that waits. */
export interface WaitingCall {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly args: unknown;
  /** True when somebody has to approve the call; false when the tool itself asked for something. */
  readonly requiresApproval: boolean;
}

/** A run that waits, with everything needed to go on with it. */
export interface Suspension {
  readonly runId: string;
  readonly agentId: string;
  readonly threadId?: string;
  readonly resourceId?: string;
  /** Epoch milliseconds. */
  readonly suspendedAt: number;
  readonly calls: readonly WaitingCall[];
  /** The loop's own state, as JSON text. */
  readonly state: string;
}

export interface SuspensionFilter {
  readonly runId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly threadId?: string | undefined;
  readonly resourceId?: string | undefined;
  /** Epoch milliseconds, both ends included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** What a store must do to hold suspended runs. */
export interface SuspensionStore {
  /** Inserts or replaces by `runId`. */
  put(suspension: Suspension): Promise<void>;
  /** Resolves to the run and takes it out, or to `undefined` when it is not there: of several callers exactly one gets it. */
  claim(agentId: string, runId: string): Promise<Suspension | undefined>;
  /** Newest first. `page` counts from 0. */
  list(filter: SuspensionFilter, page: number, perPage: number): Promise<{ runs: readonly Suspension[]; total: number }>;
  /** Resolves when the store answers. */
  ping(): Promise<void>;
}
