export { Memory } from "./memory.ts";
export type { MemorySettings } from "./memory.ts";
export type { MemoryConfig, SemanticRecallOptions, TitleOptions, TurnPolicy, WorkingMemoryOptions } from "./options.ts";
export type { MemoryMessage, MessageContent, MessagePart, MessageToSave } from "./message.ts";
export type { MemoryThread } from "./thread.ts";
export type {
  CreateThreadInput,
  IncludedMessage,
  ListThreadsInput,
  MessagePage,
  RecallInput,
  ThreadPage,
  ThreadUpdate,
} from "./scoped-memory.ts";
export type { ClonedThread, CloneThreadInput } from "./clone-thread.ts";
export type { Embedder, EmbeddingModel } from "./embedder.ts";
export type { Duration, Pruned, Retention } from "./retention.ts";
