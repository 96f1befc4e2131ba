import { LOCAL_PRINCIPAL, type Principal } from "../context/principal.ts";
import { MASTRA_RESOURCE_ID_KEY, RequestContext } from "../context/request-context.ts";
import { FermataError } from "../errors.ts";
import type { Mastra } from "../mastra.ts";
import { reachOf } from "../storage/reach.ts";
import type { RunRecord } from "../storage/runs.ts";
import { withFields } from "../telemetry/logger.ts";
import { Attendance, type AwayListener } from "./attendance.ts";
import type { Entrant, Gate } from "./auth/gate.ts";
import { actFor, type Identity } from "./auth/identity.ts";
import type { Audience, Call } from "./call.ts";
import { withHeaders } from "./cors.ts";
import type { Deadline } from "./deadline.ts";
import type { Admission } from "./limits/admission.ts";
import type { Standings } from "./limits/standings.ts";
import { requestIdOf } from "./request-id.ts";
import type { RouteEntry } from "./route-table.ts";
import { traceOf, type Trace } from "./trace.ts";

/** What of a server's settings a request meets. */
interface CallSettings {
  readonly mastra: Mastra;
  readonly redact?: boolean;
  readonly gate: Gate | undefined;
}

/** One request as its handler sees it. What most handlers do not ask for is made when it is asked for. */
export class RequestCall implements Call {
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

  constructor({ mastra, redact, gate }: CallSettings, entry: RouteEntry, request: Request, deadline: Deadline) {
    this.entry = entry;
    this.mastra = mastra;
    this.audience = redact === false ? "operator" : "public";
    this.request = request;
    this.gate = gate;
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
