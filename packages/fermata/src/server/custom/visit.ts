/** What goes around a route of the app's own as around those of the API: limits, the request's id and trace, the log. */
import type { RequestContext } from "../../context/request-context.ts";
import type { Mastra } from "../../mastra.ts";
import { withFields, type Logger } from "../../telemetry/logger.ts";
import type { AccessLog } from "../access-log.ts";
import { withHeaders } from "../cors.ts";
import type { Admission } from "../limits/admission.ts";
import { customRouteName, type Applicant } from "../limits/applicant.ts";
import type { Limits } from "../limits/limits.ts";
import { Standings } from "../limits/standings.ts";
import { requestIdOf } from "../request-id.ts";
import { traceOf, type Trace } from "../trace.ts";

export interface VisitSettings {
  readonly mastra: Mastra;
  readonly limits: Limits | undefined;
  readonly accessLog: AccessLog | undefined;
}

/** The name of the route in policies is `custom:execute`, or the permission that it asks for. */
export interface VisitedRoute {
  readonly path: string;
  readonly requiresPermission?: string | readonly string[];
}

/** One request of a route of the app's own. */
export class Visit {
  readonly requestId: string;
  readonly #settings: VisitSettings;
  readonly #applicant: Applicant;
  readonly #path: string;
  readonly #trace: Trace | undefined;
  readonly #start = performance.now();
  readonly #standings = new Standings();
  #admission: Admission | undefined;

  constructor(settings: VisitSettings, route: VisitedRoute, request: Request, address: string | undefined) {
    this.#settings = settings;
    this.#path = route.path;
    this.requestId = requestIdOf(request);
    this.#trace = traceOf(request);
    this.#applicant = { route: customRouteName(route), request, address };
  }

  /** Before it is known who calls. @throws FermataError `RATE_LIMITED` */
  async knock(): Promise<void> {
    await this.#settings.limits?.knock(this.#applicant, this.#standings);
  }

  /** Once it is known. @throws FermataError `RATE_LIMITED`, `UNAVAILABLE` */
  async enter(context: RequestContext): Promise<void> {
    context.trace = this.#trace?.headers;
    const { limits } = this.#settings;
    if (!limits) return;
    const { principal } = context;
    this.#admission = await limits.admit({ ...this.#applicant, ...(principal && { principal }) }, this.#standings);
    context.meter = this.#admission.meter;
  }

  /** The reply with what its head says about the request. The places that the request took are free when its body has ended. */
  async leave(reply: Response): Promise<Response> {
    const { accessLog } = this.#settings;
    const { request } = this.#applicant;
    const trace = this.#trace;
    const response = await withHeaders(this.#admission?.holdBody(reply) ?? reply, (headers) => {
      headers.set("x-request-id", this.requestId);
      if (trace) headers.set("traceparent", trace.headers.traceparent);
      this.#standings.tell(headers);
    });
    const { status } = response;
    accessLog?.write(this.#logger(trace?.traceId), { request, route: this.#path, status, ms: Math.round(performance.now() - this.#start) });
    return response;
  }

  #logger(traceId: string | undefined): Logger {
    const { requestId } = this;
    return withFields(this.#settings.mastra.getLogger(), traceId === undefined ? { requestId } : { requestId, traceId });
  }
}
