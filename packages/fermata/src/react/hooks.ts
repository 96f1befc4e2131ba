import {
  createContext,
  createElement,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
  type ReactElement,
  type ReactNode,
} from "react";
import type { Api, Client, ServerType, ThreadOwner } from "../client/index.ts";
import { Conversation, type ConversationOptions, type ConversationState } from "./conversation.ts";
import type { ChatMessage, StoredMessage } from "./messages.ts";
import { WorkflowRun, type KeyStore, type WorkflowRunState } from "./run.ts";
import { Store } from "./store.ts";

const ClientContext = createContext<Client | undefined>(undefined);

/** Gives the hooks below it their client: what `createClient` made. */
export function FermataProvider({ client, children }: { readonly client: Api; readonly children?: ReactNode }): ReactElement {
  // Every client has what the hooks need; its server's types stand where the hooks are used.
  return createElement(ClientContext.Provider, { value: client as Client }, children);
}

/** The client of the provider above. @throws Error without one */
export function useClient<M = ServerType>(): Client<M> {
  const client = useContext(ClientContext);
  if (!client) throw new Error("There is no <FermataProvider> above this component.");
  return client as unknown as Client<M>; // as given to the provider
}

export interface AgentHook extends ConversationState {
  /** Asks. Resolves when the answer has ended; a failure is in `error`. */
  send(text: string): Promise<void>;
  /** Stops the answer that is being given. */
  stop(): void;
  /** Lets a waiting call run. */
  approve(toolCallId: string): Promise<void>;
  /** Refuses a waiting call. */
  decline(toolCallId: string, reason?: string): Promise<void>;
  /** Answers a tool that suspended. */
  answer(toolCallId: string, data: unknown): Promise<void>;
}

/** A conversation with an agent. With `threadId` it begins with what the thread has kept, and takes up a turn that is under way or waits. */
export function useAgent(
  agentId: string,
  options: ConversationOptions & { readonly initialMessages?: readonly ChatMessage[] } = {},
): AgentHook {
  const client = useClient();
  const { initialMessages, ...own } = options;
  const { threadId, resourceId } = own;
  // A conversation lives as long as whom it is with and where it is kept; the messages that it begins with are read once.
  const conversation = useMemo(() => new Conversation(client.agent(agentId), {}, initialMessages), [client, agentId, threadId, resourceId]);
  conversation.configure(own);
  useEffect(() => {
    if (threadId === undefined) return undefined;
    const thread = client.thread(threadId, { agentId, ...(resourceId !== undefined && { resourceId }) });
    void conversation.load(
      () => orEmpty(thread.listMessages({ perPage: 1000 })),
      () => turnUnderWay(client, threadId, resourceId),
    );
    return undefined;
  }, [client, conversation, agentId, threadId, resourceId]);
  const state = useSyncExternalStore(conversation.store.subscribe, conversation.store.snapshot, conversation.store.snapshot);
  return {
    ...state,
    send: (text) => conversation.send(text),
    stop: () => conversation.stop(),
    approve: (toolCallId) => conversation.approve(toolCallId),
    decline: (toolCallId, reason) => conversation.decline(toolCallId, reason),
    answer: (toolCallId, data) => conversation.answer(toolCallId, data),
  };
}

/** The turn of a thread that has not ended. A server that keeps no turns, or shows them to nobody, has none to go on with. */
async function turnUnderWay(client: Client, threadId: string, resourceId: string | undefined): Promise<string | undefined> {
  try {
    const query = { kind: "agent", threadId, perPage: 1, ...(resourceId !== undefined && { resourceId }) };
    const [newest] = (await client.runs.list({ query })).runs;
    return newest && UNDER_WAY.has(newest.status) ? newest.runId : undefined;
  } catch {
    return undefined;
  }
}

const UNDER_WAY: ReadonlySet<string> = new Set(["ready", "running", "suspended"]);

/** A thread that is not there yet begins with its first message. */
async function orEmpty<T extends { readonly messages: readonly StoredMessage[] }>(
  listing: Promise<T>,
): Promise<{ readonly messages: readonly StoredMessage[] }> {
  try {
    return await listing;
  } catch (error) {
    if (typeof error === "object" && error !== null && "status" in error && error.status === 404) return { messages: [] };
    throw error;
  }
}

interface ThreadState {
  readonly thread: { readonly id: string; readonly title?: string | undefined; readonly resourceId: string } | undefined;
  readonly messages: readonly StoredMessage[];
  readonly isLoading: boolean;
  readonly error: unknown;
}

export interface ThreadHook extends ThreadState {
  /** Reads everything again. */
  reload(): Promise<void>;
  /** Changes title or metadata. */
  update(change: { readonly title?: string; readonly metadata?: Record<string, unknown> }): Promise<void>;
  /** Deletes the thread with its messages. */
  remove(): Promise<void>;
}

/** A thread with its newest messages, oldest first. */
export function useThread(threadId: string, { agentId, resourceId }: ThreadOwner = {}): ThreadHook {
  const client = useClient();
  const { store, actions } = useMemo(() => {
    const thread = client.thread(threadId, { ...(agentId !== undefined && { agentId }), ...(resourceId !== undefined && { resourceId }) });
    const made = new Store<ThreadState>({ thread: undefined, messages: [], isLoading: true, error: undefined });
    const attempt = async (work: () => Promise<Partial<ThreadState>>): Promise<void> => {
      made.set({ isLoading: true, error: undefined });
      try {
        made.set({ ...(await work()), isLoading: false });
      } catch (error) {
        made.set({ error, isLoading: false });
      }
    };
    return {
      store: made,
      actions: {
        reload: () =>
          attempt(async () => {
            const [found, { messages }] = await Promise.all([
              thread.get(),
              thread.listMessages({ perPage: 100, orderBy: { field: "createdAt", direction: "DESC" } }),
            ]);
            return { thread: found, messages: messages.toReversed() };
          }),
        update: (change: Parameters<ThreadHook["update"]>[0]) => attempt(async () => ({ thread: await thread.update(change) })),
        remove: () =>
          attempt(async () => {
            await thread.delete();
            return { thread: undefined, messages: [] };
          }),
      },
    };
  }, [client, threadId, agentId, resourceId]);
  useEffect(() => void actions.reload(), [actions]);
  const state = useSyncExternalStore(store.subscribe, store.snapshot, store.snapshot);
  return { ...state, ...actions };
}

export interface WorkflowRunOptions {
  /** A run that exists. Default: the one that the page has kept. */
  readonly runId?: string;
  /** Where the run's id outlives a reload. Default: `sessionStorage`; `false` keeps nothing. */
  readonly storage?: KeyStore | false;
  /** Under which name. Default: one for each workflow. */
  readonly storageKey?: string;
}

export interface WorkflowRunHook extends WorkflowRunState {
  /** Starts a run, and resolves when it has ended or waits; a failure is in `error`. */
  start(inputData: unknown, options?: { readonly initialState?: unknown; readonly resourceId?: string }): Promise<void>;
  /** Answers a step that waits. */
  resume(resumeData: unknown, step?: string): Promise<void>;
  cancel(): Promise<void>;
  /** Forgets the run. It goes on. */
  reset(): void;
}

/** A run of a workflow. After a reload of the page it is taken up again: what has happened is shown, then what happens. */
export function useWorkflowRun(workflowId: string, options: WorkflowRunOptions = {}): WorkflowRunHook {
  const client = useClient();
  const { runId, storage, storageKey = `fermata.run.${workflowId}` } = options;
  const [initial] = useState(() => (storage === false ? undefined : (storage ?? pageStorage())));
  const run = useMemo(() => new WorkflowRun(client.workflow(workflowId), initial, storageKey), [client, workflowId, initial, storageKey]);
  useEffect(() => {
    void run.attach(runId);
    return () => run.detach();
  }, [run, runId]);
  const state = useSyncExternalStore(run.store.subscribe, run.store.snapshot, run.store.snapshot);
  return {
    ...state,
    start: (inputData, startOptions) => run.start(inputData, startOptions),
    resume: (resumeData, step) => run.resume(resumeData, step),
    cancel: () => run.cancel(),
    reset: () => run.reset(),
  };
}

/** A page may be forbidden to keep anything. */
function pageStorage(): KeyStore | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}
