/** The server without a web framework: routes to be mounted, each a function from a request to a reply. */
import { LOCAL_PRINCIPAL, type Principal } from "../context/principal.ts";
import { MASTRA_RESOURCE_ID_KEY, RequestContext } from "../context/request-context.ts";
import { FermataError } from "../errors.ts";
import type { ApiRoute, Mastra } from "../mastra.ts";
import { reachOf } from "../storage/reach.ts";
import type { RunRecord } from "../storage/runs.ts";
import { withFields } from "../telemetry/logger.ts";
import type { StreamFraming } from "../contract/route.ts";
import type { RunEncoder } from "../protocols/run-encoder.ts";
import { AccessLog } from "./access-log.ts";
import { Attendance, type AwayListener } from "./attendance.ts";
import { Gate, type Entrant, type Door } from "./auth/gate.ts";
import { actFor, type Identity } from "./auth/identity.ts";
import { foreignPage, Pages } from "./auth/pages.ts";
import { withHeaders } from "./cors.ts";
import { DEFAULT_BODY_BYTES, readBody } from "./body.ts";
import type { Audience, Call } from "./call.ts";
import { CLOSE, failureReply } from "./error-reply.ts";
import { handlers } from "./handlers/index.ts";
import { responseReviver } from "./handlers/responses/run-background.ts";
import type { Admission } from "./limits/admission.ts";
import type { Applicant } from "./limits/applicant.ts";
import { Limits } from "./limits/limits.ts";
import { Standings } from "./limits/standings.ts";
import { begunBefore } from "./once/begun-before.ts";
import { idempotencyKey, Once, type Attempt } from "./once/once.ts";
import { checkInput, clientValues, type CheckedInput, type RawInput } from "./request-input.ts";
import { requestIdOf } from "./request-id.ts";
import { routeTable, type RouteEntry } from "./route-table.ts";
import { EncodedRun } from "./wire/encoded-run.ts";
import { OpenStreams, streamReply, type StreamSource } from "./wire/event-stream.ts";
import { traceOf, type Trace } from "./trace.ts";
import { toJson } from "../schema/json-text.ts";

export interface ServerOptions {
  readonly mastra: Mastra;
  /** Bytes that a request's body may have. Default: `server.bodySizeLimit`, then 4.5 MiB. */
  readonly maxBodyBytes?: number;
  /** The body of the reply to a request that is too large. */
  readonly onBodyTooLarge?: (error: unknown) => unknown;
  /** Hide from callers what is the server's own. Default true. */
  readonly redact?: boolean;
  /** Milliseconds between comments on a silent stream. Default 15,000. */
  readonly heartbeatMs?: number;
  /** Where the routes will be mounted, and what the app adds. Patterns in `server.auth` are read by it; access does not depend on it. */
  readonly prefix?: string;
  readonly customRoutes?: readonly ApiRoute[];
  /** Lets requests in. Default: made of `server.auth`. */
  readonly gate?: Gate | undefined;
  /** Whom a request acts for, in place of `server.auth`. Without both it acts for the local user, who reaches everything. */
  readonly principalOf?: (request: Request) => Principal | Promise<Principal>;
  /** What callers may take. Default: what `server.limits` says. */
  readonly limits?: Limits | undefined;
}

/** What an adapter hands over of one request. */
export interface IncomingRequest {
  readonly request: Request;
  readonly params: Readonly<Record<string, string>>;
  /** Every value of every parameter. */
  readonly query: Readonly<Record<string, string[]>>;
  /** The web framework's own context, for `server.onError`. */
  readonly context?: unknown;
  /** What the app's own code has found out about the request. */
  readonly requestContext?: RequestContext | undefined;
  /** The network address of the caller. */
  readonly address?: string | undefined;
  /** Stands around the rest of the request once it is known who calls. The body has not been read; `next` never rejects. */
  readonly onAuthenticated?: ((entrant: Entrant, next: () => Promise<Response>) => Promise<Response>) | undefined;
}

/** A route to mount. */
export interface MountedRoute extends RouteEntry {
  /** Never rejects: every failure is a reply. */
  handle(incoming: IncomingRequest): Promise<Response>;
}

const DEFAULT_TIMEOUT_MS = 180_000;
/** A key is let go of when the runs of its process have been taken up. */
const KEY_LEASES = 3;
const DEFAULT_HEARTBEAT_MS = 15_000;

interface Settings extends ServerOptions {
  readonly once: Once;
  readonly open: OpenStreams;
  readonly accessLog: AccessLog | undefined;
  readonly gate: Gate | undefined;
  readonly pages: Pages;
}

/** A route with what answers it and who may call it. */
interface Served {
  readonly entry: RouteEntry;
  readonly handler: AnyHandler;
  readonly door: Door | undefined;
}

type AnyHandler = (input: CheckedInput, call: Call) => unknown;

/**
 * All routes of `mastra`, ready to be mounted.
 * @throws FermataError `MISCONFIGURED` for a time that no timer can wait.
 */
export function createRoutes(options: ServerOptions): MountedRoute[] {
  checkMilliseconds("server.timeout", options.mastra.getServer().timeout);
  checkMilliseconds("heartbeatMs", options.heartbeatMs);
  const all: Readonly<Record<string, Readonly<Record<string, unknown>>>> = handlers;
  const gate = options.principalOf ? undefined : (options.gate ?? openGate(options));
  const settings: Settings = {
    ...options,
    gate,
    limits: options.limits ?? Limits.of(options.mastra),
    once: new Once(options.mastra.getStorage(), options.mastra.runWorker.leaseMs * KEY_LEASES),
    open: new OpenStreams(),
    accessLog: AccessLog.of(options.mastra.getServer()),
    pages: new Pages(options.mastra),
  };
  options.mastra.reviveWith("response", responseReviver(options.mastra));
  options.mastra.onDrain(() => settings.open.announceEnd());
  return routeTable().map((entry) => {
    const name = entry.id.slice(entry.group.length + 1);
    // `handlers` has one for every route: its type says so.
    const served: Served = { entry, handler: all[entry.group]?.[name] as AnyHandler, door: gate?.forRoute(entry) };
    return { ...entry, handle: (incoming) => handle(served, incoming, settings) };
  });
}

/**
 * What lets requests in; `undefined` on a server without authentication, which everybody may use.
 * @throws FermataError `MISCONFIGURED`, also for `server.requireAuth` without `server.auth`.
 */
export function openGate({
  mastra,
  prefix = "/api",
  customRoutes = [],
}: Pick<ServerOptions, "mastra" | "prefix" | "customRoutes">): Gate | undefined {
  const gate = Gate.of({ mastra, prefix, customRoutes });
  if (!gate && isAuthRequired(mastra))
    throw new FermataError("MISCONFIGURED", "server.requireAuth (or MASTRA_REQUIRE_AUTH) is set and there is no server.auth: give one.");
  return gate;
}

function isAuthRequired(mastra: Mastra): boolean {
  return mastra.getServer().requireAuth ?? ["1", "true"].includes(process.env.MASTRA_REQUIRE_AUTH ?? "");
}

function checkMilliseconds(name: string, ms: number | undefined): void {
  if (ms === undefined || (ms >= 1 && ms <= 2_147_483_647)) return;
  throw new FermataError("MISCONFIGURED", `${name} must be milliseconds between 1 and 2147483647, not ${ms}.`);
}

/** One request from its first byte to its reply. */
async function handle(served: Served, incoming: IncomingRequest, options: Settings): Promise<Response> {
  const deadline = new Deadline(options.mastra.getServer().timeout ?? DEFAULT_TIMEOUT_MS);
  const call = new RequestCall(options, served.entry, incoming.request, deadline);
  const { accessLog } = options;
  if (!accessLog) return call.withHead(await reply(served, incoming, call, deadline, options));
  const start = performance.now();
  const response = await call.withHead(await reply(served, incoming, call, deadline, options));
  const { status } = response;
  accessLog.write(call.logger, { request: call.request, route: served.entry.spec.path, status, ms: Math.round(performance.now() - start) });
  return response;
}

async function reply(
  served: Served,
  incoming: IncomingRequest,
  call: RequestCall,
  deadline: Deadline,
  options: Settings,
): Promise<Response> {
  try {
    return await deadline.limit(answer(served, incoming, call, options));
  } catch (error) {
    if (options.onBodyTooLarge && FermataError.is(error) && error.code === "PAYLOAD_TOO_LARGE") {
      return new Response(toJson(options.onBodyTooLarge(error)), { status: 413, headers: { ...JSON_TYPE, ...CLOSE } });
    }
    return await failed(error, served.entry, incoming, call, options);
  } finally {
    deadline.clear();
  }
}

const JSON_TYPE = { "content-type": "application/json" };

/** The phases of a request, in their order. */
async function answer(served: Served, incoming: IncomingRequest, call: RequestCall, options: Settings): Promise<Response> {
  const { entry, door } = served;
  const { request, requestContext, onAuthenticated } = incoming;
  if (requestContext) call.requestContext = requestContext;
  if (options.limits) await options.limits.knock(applicantOf(entry, incoming), (call.standings = new Standings()));
  if (door) call.admit(await door(incoming, call.requestContext));
  else if (options.principalOf) call.actFor(await options.principalOf(request));
  else if (!(await options.pages.mayBeSent(request))) throw foreignPage();
  if (!onAuthenticated) return work(served, incoming, call, options);
  return onAuthenticated(call, () =>
    work(served, incoming, call, options).catch((error: unknown) => failed(error, entry, incoming, call, options)),
  );
}

async function work({ entry, handler }: Served, incoming: IncomingRequest, call: RequestCall, options: Settings): Promise<Response> {
  if (incoming.requestContext) call.obeyOwner();
  const { spec } = entry;
  const { request, params, query } = incoming;
  const { limits } = options;
  const maxBytes = options.maxBodyBytes ?? options.mastra.getServer().bodySizeLimit ?? DEFAULT_BODY_BYTES;
  const raw: RawInput = { params, query, body: spec.body ? await readBody(request, maxBytes) : undefined };
  const input = checkInput(spec, raw);
  call.requestContext.addFromClient(clientValues(request.method, raw));
  call.requestContext.trace = call.trace?.headers;
  if (limits && call.standings) {
    const applicant = { ...applicantOf(entry, incoming, raw.body), principal: call.principal };
    call.admission = await limits.admit(applicant, call.standings);
    call.requestContext.meter = call.admission.meter;
  }
  const respond = async (): Promise<Response> => toResponse(entry, await handler(input, call), call, options);
  const { admission } = call;
  const response = await (admission
    ? admission.during(respond, (counted) => once(entry, incoming, raw, call, options, counted))
    : once(entry, incoming, raw, call, options, respond));
  return withCookies(response, call.identity);
}

/** Does the work, unless it has been done for the same call before. What sets cookies is not kept for a repeat. */
function once(
  entry: RouteEntry,
  incoming: IncomingRequest,
  raw: RawInput,
  call: RequestCall,
  options: Settings,
  respond: () => Promise<Response>,
): Promise<Response> {
  const { request } = incoming;
  if (entry.spec.method === "GET" || entry.spec.raw || entry.spec.follows) return respond();
  const key = idempotencyKey(request);
  const asked = {
    request,
    body: raw.body,
    principal: call.principal,
    logger: options.mastra.getLogger(),
    work: async (attempt?: Attempt) => {
      if (attempt && entry.spec.begins) {
        call.runId = attempt.runId;
        if (attempt.isAgain) call.earlier = await begunBefore(attempt.runId, raw, call);
      }
      return respond();
    },
    join: async (runId: string) => {
      if (!entry.spec.begins || !entry.spec.stream) return undefined;
      call.runId = runId;
      call.earlier = await begunBefore(runId, raw, call);
      return call.earlier && respond();
    },
    failed: (error: unknown) => failed(error, entry, incoming, call, options),
  };
  return key === undefined ? options.once.replyWithoutKey(call, asked) : options.once.reply(key, call, asked);
}

/** The cookies of a session that was renewed on the way belong to this caller's reply alone. */
function withCookies(response: Response, identity: Identity | undefined): Response {
  for (const cookie of identity?.cookies ?? []) response.headers.append("set-cookie", cookie);
  return response;
}

function applicantOf({ id, spec }: RouteEntry, { request, params, address }: IncomingRequest, body?: unknown): Applicant {
  const { agent_id: named, model } = typeof body === "object" && body !== null ? (body as { agent_id?: unknown; model?: unknown }) : {};
  const agentId = params.agentId ?? (spec.openai ? [named, model].find((name) => typeof name === "string") : undefined);
  return { route: { id, access: spec.access }, request, address, agentId };
}

async function failed(
  error: unknown,
  { spec }: RouteEntry,
  { context }: IncomingRequest,
  call: RequestCall,
  { mastra }: Settings,
): Promise<Response> {
  return failureReply(error, call.requestId, mastra, context, spec.openai ? "openai" : "own");
}

function toResponse({ spec }: RouteEntry, result: unknown, call: RequestCall, options: Settings): Response {
  if (result instanceof Response) return result; // what `raw` routes give
  if (result instanceof EncodedRun) return toStream("sse", result.run, call, options, result.encoder);
  if (spec.stream) return toStream(spec.stream, result as StreamSource, call, options); // a stream's handler gives a run: its type says so
  return call.made(new Response(toJson(result), { status: 200, headers: { ...JSON_TYPE, "x-request-id": call.requestId } }));
}

function toStream(framing: StreamFraming, run: StreamSource, call: RequestCall, options: Settings, encoder?: RunEncoder): Response {
  const reply = streamReply(call.admission?.hold(run) ?? run, {
    head: { "x-request-id": call.requestId },
    framing,
    encoder,
    audience: call.audience,
    ids: framing === "sse" && !encoder && (run.numbered ?? call.wantsIds),
    logger: withFields(call.logger, { runId: run.runId }),
    heartbeatMs: options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS,
    onCancel: () => call.leave(),
    open: options.open,
    maxMs: options.mastra.getServer().limits?.streamMs,
    onExpire: (error) => call.attendance.abort(error),
  });
  return call.made(reply);
}

/** The time that a reply may take to begin. */
class Deadline {
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #ms: number;
  #expire: ((error: FermataError) => void) | undefined;
  #onExpire: ((error: FermataError) => void) | undefined;

  constructor(ms: number) {
    this.#ms = ms;
    this.#timer = setTimeout(() => this.#end(), ms);
  }

  /** Settles as `work` does, or rejects when the time is up. */
  limit<T>(work: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#expire = reject;
      work.then(resolve, reject);
    });
  }

  /** Called when the time is up. */
  onExpire(listener: (error: FermataError) => void): void {
    this.#onExpire = listener;
  }

  /** A stream's request lives long after its reply has begun, and keeps this. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#expire = this.#onExpire = undefined;
  }

  #end(): void {
    const error = new FermataError("TIMEOUT", `The request took longer than ${this.#ms} ms.`);
    this.#onExpire?.(error);
    this.#expire?.(error);
  }
}

/** One request as its handler sees it. What most handlers do not ask for is made when it is asked for. */
class RequestCall implements Call {
  readonly mastra: Mastra;
  readonly audience: Audience;
  readonly request: Request;
  readonly gate: Gate | undefined;
  requestContext = new RequestContext();
  principal = LOCAL_PRINCIPAL;
  runId: string | undefined;
  earlier: RunRecord | undefined;
  identity: Identity | undefined;
  readonly entry: RouteEntry;
  readonly #deadline: Deadline;
  #attendance: Attendance | undefined;
  #leave: (() => void) | undefined;
  /** Told when the caller has gone and the work goes on. */
  away: AwayListener | undefined;
  /** Where the caller stands with the limits, for the head of the reply. */
  standings: Standings | undefined;
  admission: Admission | undefined;
  /** Whether the door has asked what the caller may do. */
  #isAsked = false;
  #id: string | undefined;
  #trace: Trace | null | undefined;
  #made: Response | undefined;
  #logger: Call["logger"] | undefined;

  constructor(options: Settings, entry: RouteEntry, request: Request, deadline: Deadline) {
    this.entry = entry;
    this.mastra = options.mastra;
    this.audience = options.redact === false ? "operator" : "public";
    this.request = request;
    this.gate = options.gate;
    this.#deadline = deadline;
  }

  /** The reply with what its head says about the request. */
  withHead(response: Response): Response | Promise<Response> {
    const { standings, trace } = this;
    if (response === this.#made && !standings && !trace) return response;
    return withHeaders(response, (headers) => {
      headers.set("x-request-id", this.requestId);
      if (trace) headers.set("traceparent", trace.headers.traceparent);
      standings?.tell(headers);
    });
  }

  /** Notes a reply that has the request's id in its head already. */
  made(response: Response): Response {
    return (this.#made = response);
  }

  /** The trace that the caller says the request belongs to. */
  get trace(): Trace | undefined {
    if (this.#trace === undefined) this.#trace = traceOf(this.request) ?? null;
    return this.#trace ?? undefined;
  }

  get requestId(): string {
    return (this.#id ??= requestIdOf(this.request));
  }

  get logger(): Call["logger"] {
    if (!this.#logger) {
      const { requestId, trace } = this;
      this.#logger = withFields(this.mastra.getLogger(), trace ? { requestId, traceId: trace.traceId } : { requestId });
    }
    return this.#logger;
  }

  get signal(): AbortSignal {
    return this.attendance.signal;
  }

  get lastEventId(): number | undefined {
    const given = this.request.headers.get("last-event-id");
    return given !== null && /^\d{1,15}$/.test(given) ? Number(given) : undefined;
  }

  /** Whether frames are to have their numbers. The official client skips frames that do not begin with `data: `. */
  get wantsIds(): boolean {
    const { headers } = this.request;
    return headers.get("last-event-id") !== null || /\bids\b/.test(headers.get("x-fermata-stream") ?? "");
  }

  leave(): void {
    this.#leave?.();
  }

  onAway(): void {
    this.away?.onAway();
  }

  get attendance(): Attendance {
    if (!this.#attendance) {
      const attendance = new Attendance();
      this.#attendance = attendance;
      attendance.listener = this;
      this.#leave = attendance.enter();
      const { signal } = this.request;
      if (signal.aborted) this.#leave();
      else signal.addEventListener("abort", this.#leave, { once: true });
      this.#deadline.onExpire((error) => attendance.abort(error));
    }
    return this.#attendance;
  }

  actFor(principal: Principal): void {
    this.principal = principal;
    actFor(this.requestContext, principal);
  }

  /** Middleware that names the owner has the request reach that owner's things alone. */
  obeyOwner(): void {
    const owner = this.requestContext.getRaw(MASTRA_RESOURCE_ID_KEY);
    if (typeof owner === "string" && owner !== reachOf(this.principal).resourceId) this.actFor({ ...this.principal, resourceId: owner });
  }

  async mayUse({ id }: { readonly id: string }, permission: string = this.entry.spec.access): Promise<void> {
    if (this.gate && this.#isAsked) await this.gate.askAbout(id, permission, this.entry.id, this.principal);
  }

  async usable<T>(things: Readonly<Record<string, T>>): Promise<Readonly<Record<string, T>>> {
    if (!this.gate || !this.#isAsked) return things;
    let refusal: FermataError | undefined;
    const asked = Object.entries(things).map(async ([key, thing]) => {
      try {
        await this.mayUse({ id: key });
        return [[key, thing] as const];
      } catch (error) {
        if (!FermataError.is(error) || error.code !== "FORBIDDEN") throw error;
        refusal = error;
        return [];
      }
    });
    const usable = (await Promise.all(asked)).flat();
    if (refusal && usable.length === 0) throw refusal;
    return Object.fromEntries(usable);
  }

  admit({ principal, identity, isUnasked }: Entrant): void {
    this.principal = principal;
    this.identity = identity;
    this.#isAsked = isUnasked !== true;
  }
}
