/** Where runs are kept: what the storage room says a store must do for them, and two changes of finished or waiting runs on top. */
import type { RunStore, RunWorkStore } from "../storage/runs.ts";

export interface RunLog {
  readonly runs: RunStore;
  readonly work: RunWorkStore;
  readonly edits: RunEdits;
  /** Whether other processes may work on the same runs. This one then says that it lives while it works on any. */
  readonly isShared: boolean;
}

export interface RunEdits {
  /** Deletes the run with its log. False when it is not there or has a worker. */
  remove(id: string): Promise<boolean>;
  /** Makes a run that nobody works on ready again, with the journal that `edit` makes of its own. Its events stay. */
  reopen(
    id: string,
    edit: (journal: ReadonlyMap<string, unknown>) => ReadonlyMap<string, unknown>,
  ): Promise<"reopened" | "running" | "gone">;
}
