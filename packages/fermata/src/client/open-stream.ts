/** A route's stream: how it is opened, taken up again, and stopped. */
import type { StreamFraming } from "../contract/route.ts";
import { FermataClientError } from "./error.ts";
import { toQuery, type Values } from "./request.ts";
import { ClientStream, type Follower, type Position, type Reopened, type StreamOptions } from "./stream.ts";
import type { Outgoing, Transport } from "./transport.ts";

export interface StreamCall {
  readonly framing: StreamFraming;
  readonly outgoing: Outgoing;
  readonly options: StreamOptions;
  readonly query?: Values | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What an abort of `signal` does to the run: stop it (default), or leave it to the server's `onDisconnect`. */
  readonly onAbort?: "cancel" | "detach";
  /** The run, when the caller has named it. */
  readonly runId?: string | undefined;
  /** The workflow whose run it is. */
  readonly workflowId?: string | undefined;
  /** The stream shows its run from the first event on, so that a count says where it broke. */
  readonly fromStart?: boolean;
  /** The stream has no event that says its end. */
  readonly endsSilently?: boolean;
  /** The stream shows what others do: it has no run of its own, and is opened anew when it breaks. */
  readonly follows?: boolean;
  /** Makes what may go on after the end; `open` sends the next request. */
  readonly follow?: (open: (outgoing: Outgoing) => Promise<Response>, signal: AbortSignal) => Follower;
}

/** Resolves when the stream has begun. @throws FermataClientError */
export async function openStream<T>(transport: Transport, call: StreamCall): Promise<ClientStream<T>> {
  const { framing, signal, onAbort = "cancel", runId, workflowId } = call;
  const closed = new AbortController();
  const outer = [signal, transport.options.abortSignal].filter((given) => given !== undefined);
  const both = AbortSignal.any([...outer, closed.signal]);
  const headers = { accept: framing === "sse" ? "text/event-stream" : "*/*", "x-fermata-stream": "ids" };
  /** What the stream that is read now was asked for with. */
  let current: Outgoing;
  const open = (outgoing: Outgoing): Promise<Response> => {
    const { idempotencyKey = crypto.randomUUID() } = outgoing;
    current = { ...outgoing, idempotencyKey, headers: { ...outgoing.headers, ...headers }, signal: both };
    return transport.open(current);
  };
  const cancel = (id: string): Promise<unknown> => (call.follows ? Promise.resolve() : cancelRun(transport, id, workflowId));
  let known = runId;
  const stop = (): void => {
    if (onAbort === "cancel" && known !== undefined) void cancel(known).catch(() => undefined); // it may have ended by now
  };
  const close = (): void => {
    for (const given of outer) given.removeEventListener("abort", stop);
    closed.abort();
  };
  for (const given of outer) given.addEventListener("abort", stop, { once: true });
  try {
    const response = await open(call.outgoing);
    return new ClientStream<T>({
      response,
      framing,
      options: call.options,
      signals: outer,
      runId,
      onRun: (id) => (known = id),
      isLast,
      endsSilently: call.endsSilently ?? false,
      cancel,
      follower: call.follow?.(open, both),
      reopen: (position) => reopen(transport, { ...call, outgoing: current }, position),
      close,
    });
  } catch (error) {
    close();
    throw error;
  }
}

function cancelRun(transport: Transport, runId: string, workflowId: string | undefined): Promise<unknown> {
  const id = encodeURIComponent(runId);
  const path = workflowId === undefined ? `/runs/${id}/cancel` : `/workflows/${encodeURIComponent(workflowId)}/runs/${id}/cancel`;
  // The caller's signal has aborted: this request goes without.
  return transport.json({ method: "POST", path });
}

/**
 * By the number of the last event, where events have one; by their count, where the stream is the whole run; or with the same request and
 * the same key, which gives the reply from its beginning and does nothing twice.
 */
async function reopen(transport: Transport, call: StreamCall, position: Position): Promise<Reopened | undefined> {
  const { runId, lastEventId, received } = position;
  const { outgoing, workflowId } = call;
  const next = { retries: 0, signal: outgoing.signal };
  if (call.follows) return { response: await transport.open({ ...outgoing, retries: 0 }), skip: 0 };
  if (runId !== undefined && (lastEventId !== undefined || (received === 0 && call.fromStart && workflowId === undefined))) {
    const headers = {
      ...outgoing.headers,
      accept: "text/event-stream",
      ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
    };
    const response = await unlessUnknown(
      transport.open({ ...next, method: "GET", path: `/runs/${encodeURIComponent(runId)}/stream`, headers }),
    );
    if (response) return { response, skip: 0 };
  }
  if (runId !== undefined && workflowId !== undefined && call.fromStart) {
    const query = toQuery({ runId, offset: Number(call.query?.offset ?? 0) + received });
    const path = `/workflows/${encodeURIComponent(workflowId)}/observe${query}`;
    return { response: await transport.open({ ...next, method: "POST", path }), skip: 0 };
  }
  if (transport.options.repeatsByKey === false) return undefined;
  return { response: await transport.open({ ...outgoing, retries: 0 }), skip: received };
}

/** Not every run can be read by number: those that no store keeps cannot. */
async function unlessUnknown(opening: Promise<Response>): Promise<Response | undefined> {
  try {
    return await opening;
  } catch (error) {
    if (FermataClientError.is(error) && (error.status === 404 || error.status === 501)) return undefined;
    throw error;
  }
}

/** Streams of workflows end with their `workflow-finish`, those of Responses with a word of their own; agents' with `[DONE]`. */
function isLast(event: unknown): boolean {
  const type = typeof event === "object" && event !== null && "type" in event ? event.type : undefined;
  return type === "workflow-finish" || type === "response.completed" || type === "response.failed" || type === "response.incomplete";
}
