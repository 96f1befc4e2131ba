import type { Logger } from "../telemetry/logger.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { MemorySuspensionStore } from "../storage/memory-suspension-store.ts";
import type { Principal } from "../context/principal.ts";
import type { Memory } from "../memory/memory.ts";
import type { Store } from "../storage/store.ts";
import type { SuspensionStore } from "../storage/suspension-store.ts";
import type { ScopedRuns } from "../runs/scoped-runs.ts";
import type { AnyTool } from "../tools/tool.ts";
import type { Revive } from "./keeping/orphan.ts";

/** What an agent needs of the instance that it is registered with. */
export interface AgentHost {
  readonly logger: Logger;
  /** Where the local user's runs wait. */
  readonly suspensions: SuspensionStore;
  /** Where runs wait that act for the principal. Default: `suspensions`. */
  suspensionsFor?(principal: Principal): SuspensionStore;
  /** What memories without a storage of their own use. */
  readonly storage?: Store | undefined;
  /** Where the turns are kept that act for the principal. Absent where nothing is kept. */
  runsFor?(principal: Principal): ScopedRuns;
  /** Where turns are found that are kept nowhere else, by those who follow their threads. */
  threadRunsFor?(principal: Principal): ScopedRuns;
  /** Who follows threads in this process. */
  readonly threadWatch?: { readonly isEmpty: boolean };
  /** The agent with this id; `undefined` when it is not here. */
  findAgent?(id: string): { getMemory(): Promise<Memory | undefined> } | undefined;
  /** Begins turns again whose process is gone. */
  revive?: Revive;
  /** Where the runs of workflows live. */
  readonly workflowHost?: object;
}

/** What an agent needs of a workflow that it may run. */
export interface AgentWorkflow {
  readonly id: string;
  readonly description?: string;
  readonly stepIds: readonly string[];
  asTool(name: string): AnyTool;
  /** Lets a workflow without an instance of its own live in the agent's. */
  adopt(host: object): void;
}

/** The host of an agent that is used alone. */
export function ownHost(): AgentHost {
  return { logger: silentLogger(), suspensions: new MemorySuspensionStore() };
}
