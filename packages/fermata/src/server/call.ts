import type { Attendance } from "./attendance.ts";
import type { Principal } from "../context/principal.ts";
import type { RequestContext } from "../context/request-context.ts";
import type { Mastra } from "../mastra.ts";
import type { RunRecord } from "../storage/runs.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Gate } from "./auth/gate.ts";
import type { Identity } from "./auth/identity.ts";

/** Who a reply is for: everybody, or those who run the server. */
export type Audience = "public" | "operator";

/** What a handler gets beside the request's own values. */
export interface Call {
  readonly mastra: Mastra;
  readonly requestContext: RequestContext;
  /** Whom the request acts for. */
  readonly principal: Principal;
  /** Who waits for the reply, and what becomes of the work when nobody does. */
  readonly attendance: Attendance;
  /** The number of the last event that a reader has, from the header `Last-Event-ID`. */
  readonly lastEventId: number | undefined;
  /** The id for the run that the call begins, where a repeat has to find it: of a call with an `Idempotency-Key`. */
  readonly runId: string | undefined;
  /** The run that the call has begun already, in an attempt that broke off or in another process. */
  readonly earlier: RunRecord | undefined;
  /** Aborts when the caller is gone or its time is up. */
  readonly signal: AbortSignal;
  readonly audience: Audience;
  readonly logger: Logger;
  readonly requestId: string;
  /** The request itself, for what only its headers tell. Its body has been read. */
  readonly request: Request;
  /** Absent on a server without authentication. */
  readonly gate: Gate | undefined;
  /** The caller, when it is known. */
  readonly identity: Identity | undefined;
  /**
   * Asks whether the caller may do this with an agent, a workflow or a tool that its path does not name.
   * @param permission default: what the route asks for
   * @throws FermataError `FORBIDDEN`
   */
  mayUse(thing: { readonly id: string }, permission?: string): Promise<void>;
  /** Those of the things, by their keys, that the caller may do this with. @throws FermataError `FORBIDDEN` when it is none of them */
  usable<T>(things: Readonly<Record<string, T>>): Promise<Readonly<Record<string, T>>>;
}
