import type { Logger } from "../telemetry/logger.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { MemorySuspensionStore } from "../storage/memory-suspension-store.ts";
import type { SuspensionStore } from "../storage/suspension-store.ts";

/** What an agent needs of the instance that it is registered with. */
export interface AgentHost {
  readonly logger: Logger;
  readonly suspensions: SuspensionStore;
}

/** The host of an agent that is used alone. */
export function ownHost(): AgentHost {
  return { logger: silentLogger(), suspensions: new MemorySuspensionStore() };
}
