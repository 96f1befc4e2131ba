/** The server without a web framework: routes to be mounted, each a function from a request to a reply. */
import type { Principal } from "../context/principal.ts";
import type { RequestContext } from "../context/request-context.ts";
import { FermataError } from "../errors.ts";
import type { ApiRoute, Mastra } from "../mastra.ts";
import { withFields } from "../telemetry/logger.ts";
import type { StreamFraming } from "../contract/route.ts";
import type { RunEncoder } from "../protocols/run-encoder.ts";
import { AccessLog } from "./access-log.ts";
import { Gate, type Entrant, type Door } from "./auth/gate.ts";
import type { Identity } from "./auth/identity.ts";
import { foreignPage, isFormLike, Pages } from "./auth/pages.ts";
import { DEFAULT_BODY_BYTES, readBody } from "./body.ts";
import type { Call } from "./call.ts";
import { CLOSE, failureReply } from "./error-reply.ts";
import { handlers } from "./handlers/index.ts";
import { responseReviver } from "./handlers/responses/run-background.ts";
import type { Applicant } from "./limits/applicant.ts";
import { Limits } from "./limits/limits.ts";
import { Standings } from "./limits/standings.ts";
import { begunBefore } from "./once/begun-before.ts";
import { idempotencyKey, Once, type Attempt } from "./once/once.ts";
import { Deadline } from "./deadline.ts";
import { RequestCall } from "./request-call.ts";
import { checkInput, clientValues, type CheckedInput, type RawInput } from "./request-input.ts";
import { routeTable, type RouteEntry } from "./route-table.ts";
import { EncodedRun } from "./wire/encoded-run.ts";
import { OpenStreams, streamReply, type StreamSource } from "./wire/event-stream.ts";
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
  else if (isFormLike(request) && !(await options.pages.mayBeSent(request))) throw foreignPage();
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
