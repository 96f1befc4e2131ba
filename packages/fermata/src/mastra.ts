import type { Context, Next } from "hono";
import type { Agent } from "./agents/agent.ts";
import type { AgentHost } from "./agents/host.ts";
import type { AuthOption } from "./auth/config.ts";
import type { Policy } from "./auth/policy.ts";
import type { IRBACProvider } from "./auth/rbac.ts";
import type { Orphan, Revive } from "./agents/keeping/orphan.ts";
import { serveAgentRuns } from "./agents/keeping/serve-agent-runs.ts";
import { LOCAL_PRINCIPAL, type Principal } from "./context/principal.ts";
import type { RequestContext } from "./context/request-context.ts";
import { FermataError } from "./errors.ts";
import type { CorsOptions, HttpsOptions, LimitsConfig, RequestLogOptions } from "./mastra/edge-config.ts";
import { refuseUnsupported } from "./mastra/unsupported.ts";
import type { Memory } from "./memory/memory.ts";
import { prune, toRetention, type Pruned, type Retention } from "./memory/retention.ts";
import { memorySchedules, type MemorySchedules } from "./storage/memory/schedules.ts";
import { MemorySuspensionStore } from "./storage/memory-suspension-store.ts";
import { SYSTEM, type Store } from "./storage/store.ts";
import type { ScheduleStore } from "./storage/schedules.ts";
import type { VectorStore } from "./storage/vector/vector.ts";
import type { SuspensionStore } from "./storage/suspension-store.ts";
import { createLogger, silentLogger, withPlainErrors, type Logger } from "./telemetry/logger.ts";
import { memoryRunLog } from "./runs/memory-run-log.ts";
import { RunWorker, type RunOptions } from "./runs/run-worker.ts";
import { ScopedRuns } from "./runs/scoped-runs.ts";
import { storeRunLog } from "./runs/store-run-log.ts";
import { reachOf } from "./storage/reach.ts";
import type { AnyTool } from "./tools/tool.ts";
import type { WorkflowHost } from "./workflows/host.ts";
import { Scheduler } from "./workflows/scheduler.ts";
import { serveWorkflows } from "./workflows/serve-workflows.ts";
import type { WorkflowDefinition } from "./workflows/definition.ts";
import type { AnyWorkflow } from "./workflows/workflow.ts";

/** The server's own settings. What each does is in `docs/configuration.md`. */
export interface ServerConfig {
  /** Default: the environment's `PORT`, then 4111. */
  readonly port?: number;
  /** Default: the environment's `MASTRA_HOST`, then `localhost`. */
  readonly host?: string;
  /** Where the API lives. Default `/api`. */
  readonly apiPrefix?: string;
  /** Milliseconds until a reply must have begun. Default 180,000. */
  readonly timeout?: number;
  /** Bytes that a request's body may have. Default 4.5 MiB. */
  readonly bodySizeLimit?: number;
  /** Milliseconds that requests under way get when the server stops. Default 5,000. */
  readonly drainTimeout?: number;
  /** Stop on SIGINT and SIGTERM. Default true. */
  readonly handleShutdownSignals?: boolean;
  readonly build?: {
    /** Serve the API page. Default: outside production. */
    readonly swaggerUI?: boolean;
    /** Serve the OpenAPI document. Default: outside production. */
    readonly openAPIDocs?: boolean;
    /** Log every request of a route. Default false. */
    readonly apiReqLogs?: boolean | RequestLogOptions;
  };
  /** Who knows the users: a provider, what `defineAuth` gives, or several providers. Default: nobody is known and everything is open. */
  readonly auth?: AuthOption;
  /** Where users' roles and permissions come from. Default: `mapUserToClaims` of the provider; without it users may do everything to what is theirs. */
  readonly rbac?: IRBACProvider;
  /** Asked last about every call of a known user; it can only narrow. */
  readonly policy?: Policy;
  /** Refuse to start without `auth`. Default: the environment's `MASTRA_REQUIRE_AUTH`. */
  readonly requireAuth?: boolean;
  /** What browsers know the server as, for sign-in at other sites, for example `https://api.example.com`. Default: the request's own address. */
  readonly publicUrl?: string;
  /** Code of the app's own around every route, in this order. */
  readonly middleware?: Middleware | readonly Middleware[];
  /** Which pages of other origins may call the server; false for no word about it. */
  readonly cors?: CorsOptions | false;
  /** Serve HTTPS. Default: the environment's `MASTRA_HTTPS_KEY` and `MASTRA_HTTPS_CERT`, each base64; without them, HTTP. */
  readonly https?: HttpsOptions;
  /** How much of the server anybody may take. */
  readonly limits?: LimitsConfig;
  /** Routes of the app's own, outside the prefix. Made by `registerApiRoute` and `createRoute`. */
  readonly apiRoutes?: readonly ApiRoute[];
  /** Replaces the reply to a failure that is not part of the contract. */
  readonly onError?: (error: unknown, context: unknown) => Response | Promise<Response>;
  /** Replaces the reply to a request that does not fit its route. */
  readonly onValidationError?: (
    failure: { readonly issues: readonly { readonly field: string; readonly message: string }[] },
    part: "query" | "body" | "path",
  ) => { readonly status: number; readonly body: unknown } | undefined;
}

/** What stands in the web framework's context, for middleware and for routes of the app's own. */
export interface AppVariables {
  readonly mastra: Mastra;
  /** What is set here reaches handlers, agents, tools and steps, and goes before what the client says. */
  readonly requestContext: RequestContext;
  /** The tools of the instance, by key. */
  readonly registeredTools: Readonly<Record<string, AnyTool>>;
  /** Aborts when the caller is gone. */
  readonly abortSignal: AbortSignal;
  /** Who calls, as the auth provider gives it; `undefined` before it was asked, and where there is none. */
  readonly user: unknown;
}

export interface AppEnv {
  Variables: AppVariables;
}

/** Code around routes, in Hono's form: give a `Response`, or `await next()`. A method, so that one for a path of its own fits too. */
export type MiddlewareHandler = { bivariant(context: Context<AppEnv>, next: Next): unknown }["bivariant"];

export type Middleware =
  | MiddlewareHandler
  | {
      /** A path pattern of Hono's, with the prefix. Default `*`. */
      readonly path?: string;
      readonly handler: MiddlewareHandler;
      /**
       * When it runs: `onRequest` before anybody is authenticated (the default), `onAuthenticated` once it is known who calls,
       * `onResponse` when there is a reply, whose head it may change.
       */
      readonly phase?: "onRequest" | "onAuthenticated" | "onResponse";
    };

/** A route of the app's own. */
export interface ApiRoute {
  readonly path: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "ALL";
  /** Gets the web framework's context. */
  readonly handler?: MiddlewareHandler;
  /** Makes the handler once, when the server starts. */
  readonly createHandler?: (args: { readonly mastra: Mastra }) => MiddlewareHandler | Promise<MiddlewareHandler>;
  readonly middleware?: MiddlewareHandler | readonly MiddlewareHandler[];
  /** An OpenAPI operation; a route without one is listed with its path alone. */
  readonly openapi?: Readonly<Record<string, unknown>>;
  /** Whether the caller must be known. Default: true, where there is authentication. */
  readonly requiresAuth?: boolean;
  /** Permissions of which the caller needs one, for example `reports:read`. */
  readonly requiresPermission?: string | readonly string[];
  /** Which pages of other origins may call this route. Default: `server.cors`. */
  readonly cors?: CorsOptions | false;
  /** Bytes that a request's body may have. Default: `server.bodySizeLimit`. */
  readonly maxBodySize?: number;
}

type Agents = Record<string, Agent>;
type OwnTools = Record<string, AnyTool>;
type Workflows = Record<string, AnyWorkflow>;

export interface MastraConfig<A extends Agents = Agents, T extends OwnTools = OwnTools, W extends Workflows = Workflows> {
  readonly agents?: A;
  readonly tools?: T;
  /** Committed workflows by key. */
  readonly workflows?: W;
  /** Anything with `debug`, `info`, `warn` and `error`; false for silence. Default: lines on the process's output. */
  readonly logger?: Logger | false;
  /** Where threads, messages and runs are kept: a `Store`, for example `new SqliteStore()`. Default: in the process, bounded. */
  readonly storage?: Store;
  /** How long runs and messages are kept. `serve` deletes older ones every hour; without it, `prune` does. */
  readonly retention?: Retention;
  /** Memories by key, beside those of the agents. */
  readonly memory?: Readonly<Record<string, Memory>>;
  /** Vector stores by the name that the API knows them under. */
  readonly vectors?: Readonly<Record<string, VectorStore>>;
  /** Where runs wait for an answer. Default: `storage`; without one, in the process, bounded. */
  readonly suspensions?: SuspensionStore;
  /** How runs are worked on. */
  readonly runs?: RunOptions;
  readonly server?: ServerConfig;
}

/**
 * The registry of an app: its agents, its tools, its workflows and the settings of its server.
 * @example
 * export const mastra = new Mastra({ agents: { weather }, server: { port: 3000, host: "0.0.0.0" } });
 */
export class Mastra<A extends Agents = Agents, T extends OwnTools = OwnTools, W extends Workflows = Workflows> implements AgentHost {
  readonly logger: Logger;
  readonly storage: Store | undefined;
  readonly suspensions: SuspensionStore;
  readonly #ownSuspensions: boolean;
  readonly #retention: Retention | undefined;
  readonly #memory: Map<string, Memory>;
  readonly #vectors: Map<string, VectorStore>;
  readonly #agents: Map<string, Agent>;
  readonly #tools: Map<string, AnyTool>;
  readonly #workflows: Map<string, AnyWorkflow>;
  /** Workflows that belong to agents and are not registered themselves, by id. */
  readonly #adopted = new Map<string, WorkflowDefinition>();
  /** Works on everything that runs: one per process. Kinds of runs are registered with it. */
  readonly runWorker: RunWorker;
  /** The kept runs that a principal reaches. Absent without a storage. */
  readonly runsFor?: (principal: Principal) => ScopedRuns;
  /** The runs that a principal reaches, those of the process included. */
  readonly threadRunsFor: (principal: Principal) => ScopedRuns;
  /** Where workflows run. */
  readonly workflowHost: WorkflowHost;
  /** Begins the runs that schedules ask for. */
  readonly scheduler: Scheduler;
  /** Where schedules are kept without a storage. */
  readonly #ownSchedules: MemorySchedules;
  readonly #server: ServerConfig;
  readonly #revivers = new Map<string, Revive>();
  #draining = false;
  readonly #onDrain: (() => void)[] = [];

  /** @throws FermataError `MISCONFIGURED` when an option cannot be honoured. */
  constructor(config: MastraConfig<A, T, W> = {}) {
    refuseUnsupported(config);
    this.logger = config.logger === false ? silentLogger() : config.logger ? withPlainErrors(config.logger) : createLogger();
    this.storage = config.storage;
    this.#ownSuspensions = config.suspensions !== undefined || config.storage === undefined;
    this.suspensions = config.suspensions ?? config.storage?.for(LOCAL_PRINCIPAL).suspensions ?? new MemorySuspensionStore();
    toRetention(config.retention);
    this.#retention = config.retention;
    this.#vectors = new Map(Object.entries(config.vectors ?? {}));
    this.#memory = new Map(Object.entries(config.memory ?? {}));
    for (const memory of this.#memory.values()) memory.attach(this.storage);
    this.#server = config.server ?? {};
    this.#tools = new Map(Object.entries(config.tools ?? {}));
    this.#agents = new Map(Object.entries(config.agents ?? {}));
    this.#workflows = new Map(Object.entries(config.workflows ?? {}));
    this.runWorker = new RunWorker(this.storage ? storeRunLog(this.storage) : memoryRunLog(), this.logger, config.runs);
    this.runWorker.knowGraphs(() => [...this.#workflows.values(), ...this.#adopted.values()].map(({ graphHash }) => graphHash));
    this.workflowHost = {
      logger: this.logger,
      mastra: this,
      worker: this.runWorker,
      runs: new ScopedRuns(this.runWorker, reachOf(LOCAL_PRINCIPAL)),
      findWorkflow: (id) => this.findWorkflow(id) ?? this.#adopted.get(id),
      add: (workflow) => void this.#adopted.set(workflow.id, workflow),
    };
    serveWorkflows(this.workflowHost);
    this.#ownSchedules = memorySchedules();
    const schedules = this.storage?.for(SYSTEM).schedules ?? this.#ownSchedules.work;
    this.scheduler = new Scheduler({
      host: this.workflowHost,
      store: schedules,
      workflows: this.#workflows,
      agents: this.#agents,
      keepsTurns: this.storage !== undefined,
    });
    this.threadRunsFor = (principal) => new ScopedRuns(this.runWorker, reachOf(principal));
    if (this.storage) this.runsFor = this.threadRunsFor;
    serveAgentRuns(this.runWorker, this);
    for (const [key, workflow] of this.#workflows) attachWorkflow(key, workflow, this.workflowHost);
    for (const agent of this.#agents.values()) agent.attach(this);
  }

  /** The agent that is registered under `key`. @throws FermataError `NOT_FOUND` */
  getAgent<K extends keyof A & string>(key: K): A[K] {
    const agent = this.#agents.get(key);
    if (!agent) throw new FermataError("NOT_FOUND", `Agent with key ${key} not found`);
    // The map was filled from a value of type `A`.
    return agent as A[K];
  }

  /** The agent with this id, or that is registered under it. @throws FermataError `NOT_FOUND` */
  getAgentById(id: string): Agent {
    const agent = this.findAgent(id);
    if (!agent) throw new FermataError("NOT_FOUND", `Agent with id ${id} not found`);
    return agent;
  }

  /** The same; `undefined` when there is none. */
  findAgent(id: string): Agent | undefined {
    return this.#agents.get(id) ?? this.#agents.values().find((agent) => agent.id === id);
  }

  /** All agents by key. */
  listAgents(): A {
    // As in `getAgent`.
    return Object.fromEntries(this.#agents) as A;
  }

  /** @throws FermataError `NOT_FOUND` */
  getTool<K extends keyof T & string>(key: K): T[K] {
    const tool = this.#tools.get(key);
    if (!tool) throw new FermataError("NOT_FOUND", "Tool not found");
    // As in `getAgent`.
    return tool as T[K];
  }

  /** The tool with this id, or that is registered under it; `undefined` when there is none. */
  findTool(id: string): AnyTool | undefined {
    return this.#tools.get(id) ?? [...this.#tools.values()].find((tool) => tool.id === id);
  }

  /**
   * Registers a tool under `key`. The same one may come again.
   * @throws FermataError `MISCONFIGURED` when another tool has that key.
   */
  addTool(tool: AnyTool, key: string = tool.id): void {
    const known = this.#tools.get(key);
    if (known !== undefined && known !== tool) throw new FermataError("MISCONFIGURED", `There is another tool "${key}".`);
    this.#tools.set(key, tool);
  }

  listTools(): T {
    // As in `getAgent`.
    return Object.fromEntries(this.#tools) as T;
  }

  /** The workflow that is registered under `key`. @throws FermataError `NOT_FOUND` */
  getWorkflow<K extends keyof W & string>(key: K): W[K] {
    const workflow = this.#workflows.get(key);
    if (!workflow) throw new FermataError("NOT_FOUND", `Workflow with key ${key} not found`);
    // As in `getAgent`.
    return workflow as W[K];
  }

  /** The workflow with this id, or that is registered under it. @throws FermataError `NOT_FOUND` */
  getWorkflowById(id: string): AnyWorkflow {
    const workflow = this.findWorkflow(id);
    if (!workflow) throw new FermataError("NOT_FOUND", `Workflow with id ${id} not found`);
    return workflow;
  }

  /** The workflow with this id, or that is registered under it; `undefined` when there is none. */
  findWorkflow(id: string): AnyWorkflow | undefined {
    return this.#workflows.get(id) ?? this.#workflows.values().find((workflow) => workflow.id === id);
  }

  /** All workflows by key. */
  listWorkflows(): W {
    // As in `getAgent`.
    return Object.fromEntries(this.#workflows) as W;
  }

  /** Who follows threads in this process. */
  get threadWatch(): { readonly isEmpty: boolean } {
    return this.runWorker.threads;
  }

  /** Lets those who begin turns begin them again when their process is gone. `kind` says which turns. */
  reviveWith(kind: string, revive: Revive): void {
    this.#revivers.set(kind, revive);
  }

  async revive(orphan: Orphan): Promise<boolean> {
    for (const revive of this.#revivers.values()) if (await revive(orphan)) return true;
    return false;
  }

  getStorage(): Store | undefined {
    return this.storage;
  }

  /** The memory that is registered under `key`. @throws FermataError `NOT_FOUND` */
  getMemory(key: string): Memory {
    const memory = this.#memory.get(key);
    if (!memory) throw new FermataError("NOT_FOUND", `Memory with key ${key} not found`);
    return memory;
  }

  listMemory(): Readonly<Record<string, Memory>> {
    return Object.fromEntries(this.#memory);
  }

  /** @throws FermataError `NOT_FOUND` */
  getVector(name: string): VectorStore {
    const store = this.#vectors.get(name);
    if (!store) throw new FermataError("NOT_FOUND", `Vector with name ${name} not found`);
    return store;
  }

  listVectors(): Readonly<Record<string, VectorStore>> {
    return Object.fromEntries(this.#vectors);
  }

  /** Where runs wait that act for the principal. */
  suspensionsFor(principal: Principal): SuspensionStore {
    return this.#ownSuspensions || !this.storage ? this.suspensions : this.storage.for(principal).suspensions;
  }

  /** The schedules that the principal reaches. */
  schedulesFor(principal: Principal): ScheduleStore {
    return this.storage?.for(principal).schedules ?? this.#ownSchedules.for(reachOf(principal));
  }

  /** Deletes what is older than `retention` says. Resolves to how much that was. */
  async prune(): Promise<Pruned> {
    return this.storage ? prune(this.storage, this.#retention) : { messages: 0, runs: 0, idempotency: 0, limits: 0 };
  }

  /** How many rows the storage has, by table. Counts them, so it is slow on a large one. */
  async rowCounts(): Promise<Readonly<Record<string, number>>> {
    return (await this.storage?.for(SYSTEM).rowCounts()) ?? {};
  }

  /** Resolves when everything answers that requests need. */
  async ping(): Promise<void> {
    await Promise.all([this.storage?.ping(), this.suspensions.ping()]);
  }

  getLogger(): Logger {
    return this.logger;
  }

  getServer(): ServerConfig {
    return this.#server;
  }

  /** True once `shutdown` has been called: the server takes no new work. */
  get isDraining(): boolean {
    return this.#draining;
  }

  /** Calls `listener` when the server begins to stop. */
  onDrain(listener: () => void): void {
    this.#onDrain.push(listener);
  }

  /** Takes up runs that wait for a worker, also those of processes that are gone. A server calls it; repeated calls change nothing. */
  start(): void {
    this.runWorker.start();
    this.scheduler.start();
  }

  /**
   * Ends the work: `/ready` answers 503 from now on, no run is taken up any more, and those under way get `graceMs` (default 0) to end or to come
   * to a place where another process can go on. What is left then is handed over, or, without a storage, cancelled.
   */
  async shutdown({ graceMs = 0 }: { readonly graceMs?: number } = {}): Promise<void> {
    if (!this.#draining) for (const listener of this.#onDrain) listener();
    this.#draining = true;
    await this.scheduler.stop();
    await this.runWorker.stop(graceMs);
  }
}

function attachWorkflow(key: string, workflow: AnyWorkflow, host: WorkflowHost): void {
  if (!workflow.isCommitted) throw new FermataError("MISCONFIGURED", `Workflow "${key}" is not committed: end its chain with .commit().`);
  workflow.attach(host);
}
