/** A run as a turn of a remembered conversation. */
import { FermataError, messageOf } from "../errors.ts";
import { estimateTokens, fitIntoBudget, withoutOrphans } from "../memory/budget.ts";
import { textOf, toContent, toMemoryMessage } from "../memory/message.ts";
import type { MemoryMessage } from "../memory/message.ts";
import { recalledPrompt } from "../memory/recall-index.ts";
import type { ResolvedMemoryConfig } from "../memory/options.ts";
import { contextLimit, isContextOverflow } from "../memory/overflow.ts";
import type { Memory } from "../memory/memory.ts";
import type { ScopedMemory } from "../memory/scoped-memory.ts";
import { nameThread } from "../memory/title.ts";
import { acquireThread } from "../memory/thread-lease.ts";
import { Turn } from "../memory/turn.ts";
import { turnIsTaken } from "../memory/turn-leases.ts";
import { UPDATE_TOOL, readWorkingMemory, workingMemoryPrompt, workingMemoryTool } from "../memory/working-memory.ts";
import type { ModelMessage } from "../models/types.ts";
import { metadataOf, type NewMessage } from "../storage/messages.ts";
import type { AnyTool } from "../tools/tool.ts";
import { toGiven, type GivenMessages } from "./messages/given.ts";
import { inOrderOfSpeech, type HeardAt } from "./messages/heard.ts";
import { isRecord } from "./messages/records.ts";
import type { StoredMessage } from "./messages/stored.ts";
import { toStoredMessages } from "./messages/to-stored.ts";
import { toModelMessages, withoutOpenCalls } from "./messages/to-model.ts";
import type { MailMessage } from "./mail/mail.ts";
import type { AnswerStatus, Conversation, Run } from "./loop/run.ts";
import type { MessageInput } from "./options.ts";
import { assistantMessage } from "./stored-answer.ts";

/** What a turn is opened with. */
export interface TurnOpening {
  readonly memory: Memory;
  readonly scoped: ScopedMemory;
  readonly runId: string;
  readonly thread: {
    readonly id: string;
    readonly resourceId: string;
    readonly title?: string | undefined;
    readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  };
  /** Ends the run when another turn interrupts it. */
  readonly interrupt: () => void;
  readonly interrupted: AbortSignal;
}

/** A growing answer is stored at most this often, in milliseconds. */
const SAVE_EVERY_MS = 250;

export class Remembering implements Conversation {
  system: readonly ModelMessage[] = [];
  readonly tools: Readonly<Record<string, AnyTool>>;
  remembered: readonly StoredMessage[] = [];
  told: readonly StoredMessage[] = [];
  readonly #opening: TurnOpening;
  readonly #config: ResolvedMemoryConfig;
  readonly #turn: Turn;
  #given: GivenMessages = { messages: [], results: new Map() };
  #context: readonly ModelMessage[] = [];
  #release: (() => void) | undefined;
  #giveBack: (() => Promise<void>) | undefined;
  #untitled = false;
  /** Tokens that the conversation may have, once a provider has found it too long. */
  #limit: number | undefined;
  #last: readonly ModelMessage[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  /** What of the answer has been stored, to see whether it has grown. */
  #stored = "";
  #answerAt: number | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(opening: TurnOpening) {
    const { scoped, thread } = opening;
    this.#opening = opening;
    this.#config = scoped.config;
    this.#turn = new Turn(scoped.store, scoped.config, thread);
    const { workingMemory, readOnly } = scoped.config;
    this.tools =
      workingMemory && !readOnly
        ? {
            [UPDATE_TOOL]: workingMemoryTool(workingMemory, (update) =>
              scoped.updateWorkingMemory({ threadId: thread.id, resourceId: thread.resourceId, workingMemory: update }),
            ),
          }
        : {};
  }

  /** Aborts when another turn takes this one's place. */
  get interrupted(): AbortSignal {
    return this.#opening.interrupted;
  }

  /** Refuses at once what would be refused later anyway. @throws FermataError `CONFLICT` when the thread is busy and the policy is to refuse. */
  assertFree(): void {
    const holder = this.#config.turns === "reject" ? this.#opening.memory.turns.holder(this.#key) : undefined;
    if (holder !== undefined) throw turnIsTaken(holder);
  }

  /** What the run is given. @throws FermataError `VALIDATION_FAILED` */
  give(messages: MessageInput, context: readonly ModelMessage[], now: number): void {
    this.#given = toGiven(messages, now);
    this.#context = context;
  }

  async begin(run: Run): Promise<void> {
    const { scoped, thread } = this.#opening;
    const { workingMemory, readOnly } = this.#config;
    await this.#takeTurn(run);
    if (run.resumedStep === undefined) await this.#recall(run);
    else this.told = toStoredMessages(run.history, run);
    if (workingMemory) {
      const data = await readWorkingMemory(scoped.store, workingMemory, { threadId: thread.id, resourceId: thread.resourceId });
      this.system = [{ role: "system", content: workingMemoryPrompt(workingMemory, data, !readOnly) }, ...this.system];
    }
    this.#watch(run);
  }

  /** First among the runs of this process, then among the processes. Who only reads disturbs nobody. */
  async #takeTurn({ signal }: Run): Promise<void> {
    const { memory, runId, interrupt, scoped, thread } = this.#opening;
    const { turns: policy, readOnly } = this.#config;
    if (readOnly || policy === "parallel") return;
    this.#release = await memory.turns.acquire({ thread: this.#key, runId, policy, signal, interrupt });
    this.#giveBack = await acquireThread(scoped.store.leases, { threadId: thread.id, runId, policy, signal, onLost: interrupt });
  }

  async #recall(run: Run): Promise<void> {
    const { thread } = this.#opening;
    const { remembered, fresh, untitled } = await this.#turn.begin(this.#given.messages, this.#given.results);
    this.#untitled = untitled;
    if (this.#giveBack) await this.#closeBroken(remembered);
    this.remembered = [...(await this.#recalled(run, remembered)), ...remembered].map(toStored);
    const now = Date.now();
    this.told = fresh.map(({ id = crypto.randomUUID(), role, createdAt = now, content }): StoredMessage => ({
      id,
      // A given message is the user's or the assistant's: `toGiven` leaves out the others.
      role: role as StoredMessage["role"],
      createdAt: new Date(createdAt).toISOString(),
      threadId: thread.id,
      resourceId: thread.resourceId,
      // The parts of a stored message are typed more closely than what a client may send; readers look at `type`.
      content: content as unknown as StoredMessage["content"],
    }));
    const readable = this.remembered.map((message) => ({ message, model: toReadable(message, run) }));
    this.remembered = readable.flatMap(({ message, model }) => (model ? [message] : []));
    const ordered = inOrderOfSpeech(this.remembered);
    const spoken = ordered === this.remembered ? readable.map(({ model }) => model) : ordered.map((message) => toReadable(message, run));
    run.remembered = sound(spoken.flatMap((model) => model ?? []));
    run.history = sound([...this.#context, ...fresh.flatMap(({ model }) => model)]);
  }

  /** Whose turn it is knows that no other one is under way: an answer that is said to grow belongs to a process that is gone. */
  async #closeBroken(remembered: readonly MemoryMessage[]): Promise<void> {
    const broken = remembered.filter(({ role, content }) => role === "assistant" && metadataOf(content)?.status === "running");
    if (broken.length === 0) return;
    const closed = broken.map(({ id, role, createdAt, content }) => ({
      id,
      role,
      createdAt: createdAt.getTime(),
      content: { ...content, metadata: { ...metadataOf(content), status: "failed" } },
    }));
    await this.#turn.save(closed);
  }

  /** What was said before the last messages, or elsewhere, and is near to what is said now. Recall is a help: a turn goes on without it. */
  async #recalled(run: Run, remembered: readonly MemoryMessage[]): Promise<readonly MemoryMessage[]> {
    const { scoped, thread } = this.#opening;
    const { semanticRecall } = this.#config;
    const asked = this.#given.messages.findLast(({ role }) => role === "user");
    if (!semanticRecall || !scoped.index || !asked) return [];
    try {
      const scope = { resourceId: thread.resourceId, ...(semanticRecall.scope === "thread" && { threadId: thread.id }) };
      const { records } = await scoped.index.find(scoped.store, textOf(asked.content), semanticRecall, scope);
      const known = new Set(remembered.map(({ id }) => id));
      const found = records.map(toMemoryMessage).filter(({ id, threadId }) => threadId !== thread.id || !known.has(id));
      const elsewhere = found.filter(({ threadId }) => threadId !== thread.id);
      if (elsewhere.length > 0) this.system = [...this.system, { role: "system", content: recalledPrompt(elsewhere) }];
      const here = found.filter(({ threadId }) => threadId === thread.id);
      return here.slice(
        Math.max(
          0,
          here.findIndex(({ role }) => role === "user"),
        ),
      );
    } catch (error) {
      run.setup.logger.warn("Nothing could be recalled", { runId: run.id, error });
      return [];
    }
  }

  /** Nobody waits until what was said can be found. */
  #indexSoon(run: Run, answer: NewMessage | undefined): void {
    const { scoped, memory, thread } = this.#opening;
    if (!scoped.index || !this.#config.semanticRecall) return;
    const ids = { threadId: thread.id, resourceId: thread.resourceId };
    // What a resumed run was given has been indexed when it was given.
    const told = run.resumedStep === undefined ? this.told.map(toNew) : [];
    const all = [...told, ...(answer ? [answer] : [])];
    const messages = all.map(({ id, role, createdAt = Date.now(), content }): MemoryMessage => ({
      id,
      role,
      createdAt: new Date(createdAt),
      ...ids,
      content: toContent(content),
    }));
    memory.track(
      scoped.index
        .saved(messages)
        .catch((error: unknown) => run.setup.logger.warn("A turn could not be indexed", { runId: run.id, error })),
    );
  }

  replace(run: Run, messages: readonly StoredMessage[]): void {
    const known = new Set(this.remembered.map(({ id }) => id));
    this.told = messages.filter(({ id, role }) => !known.has(id) && role !== "system");
    run.remembered = [];
    run.history = toModelMessages(messages, run.createdAt);
  }

  async keep(): Promise<void> {
    if (this.#config.readOnly || this.told.length === 0) return;
    await this.#turn.save(this.told.map(toNew));
  }

  fit(messages: readonly ModelMessage[]): readonly ModelMessage[] {
    const limit = this.#limit ?? this.#config.maxTokens;
    const fitting = limit === undefined ? messages : fitIntoBudget(messages, limit);
    this.#last = fitting;
    return fitting;
  }

  mayShrink(error: unknown): boolean {
    if (this.#limit !== undefined || !isContextOverflow(error)) return false;
    const half = Math.floor(estimateTokens(this.#last) / 2);
    // Estimates are rough, and the system text and the tools take their part.
    this.#limit = Math.min(half, Math.floor((contextLimit(error) ?? Infinity) * 0.7));
    return true;
  }

  hear(run: Run, messages: readonly MailMessage[]): void {
    if (this.#config.readOnly) return;
    const given = toGiven(messages, Date.now()).messages;
    const answer = assistantMessage(run);
    const heard: HeardAt = { messageId: answer.id, after: answer.content.parts.length };
    const told = given.map(({ id = crypto.randomUUID(), role, content }): NewMessage => ({
      id,
      role,
      createdAt: Date.now(),
      content: isRecord(content) ? { ...content, metadata: { ...metadataOf(content), heard } } : content,
    }));
    this.#turn.save(told).catch((error: unknown) => (this.#failure ??= { error }));
  }

  step(run: Run): void {
    this.#saveSoon(run);
  }

  async end(run: Run, status: Exclude<AnswerStatus, "running">): Promise<void> {
    clearInterval(this.#timer);
    if (this.#config.readOnly) return;
    const answer = this.#answer(run, status);
    try {
      if (answer) await this.#turn.save([answer]);
      if (this.#failure) throw this.#failure.error;
    } catch (error) {
      if (!FermataError.is(error) || error.code !== "NOT_FOUND") throw error;
      // Somebody has deleted the thread meanwhile, and meant it.
      run.setup.logger.warn("The thread of a run is gone", { runId: run.id, threadId: this.#opening.thread.id });
      return;
    }
    if (status !== "completed") return;
    this.#title(run);
    this.#indexSoon(run, answer);
  }

  close(): void {
    clearInterval(this.#timer);
    if (this.#giveBack) void this.#giveBack().then(this.#release);
    else this.#release?.();
  }

  get #key(): string {
    const { scoped, thread } = this.#opening;
    return `${scoped.store.reach.tenant}\0${thread.resourceId}\0${thread.id}`;
  }

  /** Only a stream grows: the answer of `generate` comes at once. */
  #watch(run: Run): void {
    if (this.#config.readOnly || run.setup.mode !== "stream") return;
    this.#timer = setInterval(() => this.#saveSoon(run), SAVE_EVERY_MS);
  }

  #saveSoon(run: Run): void {
    if (this.#config.readOnly) return;
    const answer = this.#answer(run, "running");
    if (!answer) return;
    this.#turn.save([answer]).catch((error: unknown) => (this.#failure ??= { error }));
  }

  /** The answer as it is to be stored; `undefined` when there is nothing to be stored that is not there. */
  #answer(run: Run, status: AnswerStatus): NewMessage | undefined {
    const { id, content } = assistantMessage(run, true);
    if (content.parts.length === 0 && this.#stored === "") return undefined;
    const shape = JSON.stringify([content.parts, status]);
    if (shape === this.#stored) return undefined;
    this.#stored = shape;
    this.#answerAt ??= Date.now();
    return { id, role: "assistant", createdAt: this.#answerAt, content: { ...content, metadata: { ...content.metadata, status } } };
  }

  /** Nobody waits for a title. */
  #title(run: Run): void {
    const { generateTitle } = this.#config;
    if (!generateTitle || !this.#untitled) return;
    const { scoped, memory, thread } = this.#opening;
    const text = this.told.map(({ content }) => content.content ?? "").join("\n");
    memory.track(
      nameThread(scoped.store, thread.id, text, generateTitle, run.setup.candidates).catch((error: unknown) =>
        run.setup.logger.warn("A thread could not be named", { runId: run.id, threadId: thread.id, reason: messageOf(error) }),
      ),
    );
  }
}

function toStored({ id, role, createdAt, threadId, resourceId, content }: MemoryMessage): StoredMessage {
  return {
    id,
    // What is in a thread was checked when it was stored.
    role: role as StoredMessage["role"],
    createdAt: createdAt.toISOString(),
    threadId,
    resourceId,
    // As above: readers look at `type`.
    content: content as unknown as StoredMessage["content"],
  };
}

function toNew({ id, role, createdAt, content }: StoredMessage): NewMessage {
  return { id, role, createdAt: new Date(createdAt).getTime(), content };
}

/** Without calls that have no result, and results that have no call. */
function sound(messages: readonly ModelMessage[]): ModelMessage[] {
  return withoutOpenCalls(withoutOrphans(messages));
}

const SPOKEN: ReadonlySet<string> = new Set(["user", "assistant", "tool"]);

/** A thread may hold what no model reads, and what somebody saved in a form that nobody knows: that must not end the conversation for good. */
function toReadable(message: StoredMessage, run: Run): ModelMessage[] | undefined {
  if (!SPOKEN.has(message.role)) return undefined;
  try {
    return toModelMessages([message], run.createdAt);
  } catch (error) {
    run.setup.logger.warn("A stored message cannot be read", { runId: run.id, messageId: message.id, reason: messageOf(error) });
    return undefined;
  }
}

/** @throws FermataError `VALIDATION_FAILED` when a thread is named and nobody says whose it is. */
export function assertResource(resourceId: string | undefined): asserts resourceId is string {
  if (resourceId === undefined)
    throw new FermataError(
      "VALIDATION_FAILED",
      "A resource ID is required when using memory. Say whose the thread is with memory.resource.",
    );
}
