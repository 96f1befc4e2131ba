import { LOCAL_PRINCIPAL } from "../context/principal.ts";
import type { Principal } from "../context/principal.ts";
import { FermataError } from "../errors.ts";
import type { VectorStore } from "../storage/vector/vector.ts";
import { MemoryStore } from "../storage/memory/memory-store.ts";
import type { Store } from "../storage/store.ts";
import type { ClonedThread, CloneThreadInput } from "./clone-thread.ts";
import { toEmbedder } from "./embedder.ts";
import type { Embedder, EmbeddingModel } from "./embedder.ts";
import type { MemoryMessage, MessageToSave } from "./message.ts";
import { mergeConfig, resolveConfig } from "./options.ts";
import type { MemoryConfig } from "./options.ts";
import { RecallIndex } from "./recall-index.ts";
import { ScopedMemory } from "./scoped-memory.ts";
import type { CreateThreadInput, ListThreadsInput, MessagePage, RecallInput, ThreadPage, ThreadUpdate } from "./scoped-memory.ts";
import type { MemoryThread } from "./thread.ts";
import { TurnLeases } from "./turn-leases.ts";
import type { WorkingMemoryOwner } from "./working-memory.ts";

export interface MemorySettings {
  /** Where it is kept. Default: the instance's `storage`; without one, in the process, bounded. */
  readonly storage?: Store;
  /** Where `semanticRecall` looks. */
  readonly vector?: VectorStore;
  /** An AI SDK embedding model, or an object with `embed(texts)`. */
  readonly embedder?: Embedder | EmbeddingModel;
  readonly options?: MemoryConfig;
}

/** The leases of the turns on the threads of a store, whichever memory they go through. */
const leases = new WeakMap<Store, TurnLeases>();

/**
 * What agents remember: the messages of threads, and notes about the user.
 * The methods here act for the app itself, which reaches everything; servers open the memory for a principal with `for`.
 * @example
 * const agent = new Agent({ …, memory: new Memory({ options: { lastMessages: 20 } }) });
 * await agent.generate("I am Ada.", { memory: { thread: "t-1", resource: "user-1" } });
 */
export class Memory {
  readonly #settings: MemorySettings;
  #instanceStore: Store | undefined;
  #ownStore: Store | undefined;
  readonly #pending = new Set<Promise<unknown>>();

  readonly #embedder: Embedder | undefined;

  /** @throws FermataError `VALIDATION_FAILED` for options that cannot be meant; `MISCONFIGURED` for recall without what it needs. */
  constructor(settings: MemorySettings = {}) {
    const { semanticRecall } = resolveConfig(settings.options);
    if (semanticRecall && !(settings.vector && settings.embedder))
      throw new FermataError("MISCONFIGURED", "semanticRecall needs a vector store and an embedder: new Memory({ vector, embedder }).");
    this.#settings = settings;
    this.#embedder = settings.embedder && toEmbedder(settings.embedder);
  }

  /** Called by the instance that the memory, or its agent, is registered with. */
  attach(storage: Store | undefined): void {
    this.#instanceStore ??= storage;
  }

  get options(): MemoryConfig {
    return this.#settings.options ?? {};
  }

  get storage(): Store {
    return this.#settings.storage ?? this.#instanceStore ?? (this.#ownStore ??= new MemoryStore());
  }

  /** The turns on the threads of this memory's store. */
  get turns(): TurnLeases {
    const { storage } = this;
    let known = leases.get(storage);
    if (!known) leases.set(storage, (known = new TurnLeases()));
    return known;
  }

  /** Work that nobody waits for. */
  track(work: Promise<unknown>): void {
    this.#pending.add(work);
    void work.finally(() => this.#pending.delete(work));
  }

  /** Resolves when the work that nobody waits for (titles) is done. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  /**
   * The memory as `principal` reaches it. `options` change the app's for one turn; `resourceId` narrows it to one resource.
   * @throws FermataError `VALIDATION_FAILED` for options that cannot be meant; `FORBIDDEN` for a resource out of reach.
   */
  for(principal: Principal, options?: MemoryConfig, resourceId?: string): ScopedMemory {
    const all = this.storage.for(principal);
    const store = resourceId === undefined ? all : all.within(resourceId);
    const config = resolveConfig(mergeConfig(this.options, options));
    const { vector } = this.#settings;
    const index =
      vector && this.#embedder && this.options.semanticRecall ? new RecallIndex(vector, this.#embedder, store.reach) : undefined;
    return new ScopedMemory(store, config, index);
  }

  createThread(input: CreateThreadInput): Promise<MemoryThread> {
    return this.#local().createThread(input);
  }

  getThreadById(input: { readonly threadId: string; readonly resourceId?: string }): Promise<MemoryThread | null> {
    return this.#local().getThreadById(input);
  }

  listThreads(input: ListThreadsInput = {}): Promise<ThreadPage> {
    return this.#local().listThreads(input);
  }

  updateThread(input: ThreadUpdate): Promise<MemoryThread> {
    return this.#local().updateThread(input);
  }

  deleteThread(threadId: string): Promise<void> {
    return this.#local().deleteThread(threadId);
  }

  recall(input: RecallInput): Promise<MessagePage> {
    return this.#local().recall(input);
  }

  saveMessages(input: { readonly messages: readonly MessageToSave[] }): Promise<{ readonly messages: readonly MemoryMessage[] }> {
    return this.#local().saveMessages(input);
  }

  deleteMessages(messageIds: readonly string[]): Promise<number> {
    return this.#local().deleteMessages(messageIds);
  }

  cloneThread(input: CloneThreadInput): Promise<ClonedThread> {
    return this.#local().cloneThread(input);
  }

  transfer(input: { readonly threadId: string; readonly resourceId: string }): Promise<MemoryThread> {
    return this.#local().transfer(input);
  }

  getWorkingMemory(owner: WorkingMemoryOwner): Promise<string | null> {
    return this.#local().getWorkingMemory(owner);
  }

  updateWorkingMemory(input: WorkingMemoryOwner & { readonly workingMemory: unknown }): Promise<void> {
    return this.#local().updateWorkingMemory(input);
  }

  #local(): ScopedMemory {
    return this.for(LOCAL_PRINCIPAL);
  }
}
