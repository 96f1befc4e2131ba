export { SYSTEM } from "./store.ts";
export type { ScopedStore, Store, System, SystemStore } from "./store.ts";
export type { Reach } from "./reach.ts";
export type { Page, PageRequest } from "./page.ts";
export type { Metadata, MetadataFilter } from "./metadata.ts";
export type { NewThread, Thread, ThreadPatch, ThreadQuery, ThreadStore } from "./threads.ts";
export type { DateRange, MessageNeighbours, MessageQuery, MessageRecord, MessageStore, NewMessage } from "./messages.ts";
export type { Resource, ResourcePatch, ResourceStore } from "./resources.ts";
export type { Suspension, SuspensionFilter, SuspensionStore, WaitingCall } from "./suspension-store.ts";
export type {
  ClaimFilter,
  ClaimedRun,
  JournalEdit,
  Lease,
  LogEntry,
  NewRun,
  RunEnd,
  RunEvent,
  RunQuery,
  RunRecord,
  RunStatus,
  RunStore,
  RunWorkStore,
} from "./runs.ts";
export type { LeaseAnswer, LeaseStore } from "./leases.ts";
export type { Counted, LimitStore } from "./limits.ts";
export type {
  NewSchedule,
  OwnedSchedule,
  ScheduleFilter,
  SchedulePatch,
  ScheduleRecord,
  ScheduleRef,
  ScheduleStatus,
  ScheduleStore,
  ScheduleTarget,
  ScheduleTrigger,
  ScheduleWorkStore,
  TriggerQuery,
} from "./schedules.ts";
export type { ApiKeyFilter, ApiKeyRecord, ApiKeyStore } from "./api-keys.ts";
export type { IdempotencyStore, IdempotentCall } from "./idempotency.ts";
export { MemoryStore } from "./memory/memory-store.ts";
export type { MemoryStoreOptions } from "./memory/memory-store.ts";
export type { IndexDescription, Metric, VectorMatch, VectorQuery, VectorStore, VectorUpdate, VectorUpsert } from "./vector/vector.ts";
export type { VectorFilter } from "./vector/filter.ts";
export { MemoryVector } from "./vector/memory-vector.ts";
