/** Where runs are kept: what the storage room says a store must do for them. */
import type { StoreHints } from "../storage/hints.ts";
import type { LeaseStore } from "../storage/leases.ts";
import type { Reach } from "../storage/reach.ts";
import type { RunStore, RunWorkStore } from "../storage/runs.ts";

/**
 * What a run leaves behind. `memory`: nothing after the process. `batched`: results are on disk before anything follows from them, events
 * together with what comes soon. `full`: an event too is on disk before anybody sees it.
 */
export type Durability = "memory" | "batched" | "full";

export interface RunLog {
  /** The runs within reach. Cheap: made per request. */
  for(reach: Reach): RunStore;
  /** The runs within reach that are kept in the process alone, for new ones. */
  inMemory(reach: Reach): RunStore;
  readonly work: RunWorkStore;
  /** Whether other processes may work on the same runs. This one then says that it lives while it works on any. */
  readonly isShared: boolean;
  /** Word from those processes. */
  readonly hints?: StoreHints | undefined;
  /** Where they tell each other who is there. Absent where there are none. */
  leasesFor?(reach: Reach): LeaseStore;
}

/** One run, whoever reaches it. */
export interface RunRef {
  readonly tenant: string;
  readonly resourceId: string;
  readonly id: string;
}

export function reachOfRun({ tenant, resourceId }: RunRef): Reach {
  return { tenant, subject: resourceId, resourceId };
}
