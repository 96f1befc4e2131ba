/** Workflows and their runs under the reference's names. */
import type { WorkflowEvent } from "../infer.ts";
import type { Invoke } from "../api.ts";
import type { RequestContextInput, Values } from "../request.ts";
import type { ClientStream } from "../stream.ts";
import { inTheirWords } from "./error.ts";
import { makeMethods, type Connection } from "./resource.ts";
import type { BodyOf, Context, Loose, QueryOf, ReplyOf, Untyped } from "./untyped.ts";

const RUN = {
  cancelRun: "POST /workflows/:workflowId/runs/:runId/cancel",
  cancel: "POST /workflows/:workflowId/runs/:runId/cancel",
  start: "POST /workflows/:workflowId/start *",
  startAsync: "POST /workflows/:workflowId/start-async *",
  resume: "POST /workflows/:workflowId/resume *",
  resumeAsync: "POST /workflows/:workflowId/resume-async *",
  resumeNoWait: "POST /workflows/:workflowId/resume-no-wait *",
  restart: "POST /workflows/:workflowId/restart *",
  restartAsync: "POST /workflows/:workflowId/restart-async *",
  timeTravel: "POST /workflows/:workflowId/time-travel *",
  timeTravelAsync: "POST /workflows/:workflowId/time-travel-async *",
} as const;

const WORKFLOW = {
  details: "GET /workflows/:workflowId @",
  runs: "GET /workflows/:workflowId/runs * @",
  deleteRunById: "DELETE /workflows/:workflowId/runs/:runId runId",
} as const;

type Chunks = ReadableStream<Loose<WorkflowEvent>>;
type Result = ReplyOf<"workflows", "startAsync">;
type Message = ReplyOf<"workflows", "start">;
type Start = BodyOf<"workflows", "stream">;
type Resume = BodyOf<"workflows", "resume">;
type TimeTravel = BodyOf<"workflows", "timeTravel">;

/** One run. `start` does not wait, `startAsync` does: the reference's own names. */
export interface Run {
  readonly runId: string;
  start(params: Start): Promise<Message>;
  startAsync(params: Start): Promise<Result>;
  stream(params: Start): Promise<Chunks>;
  observe(params?: { offset?: number }): Promise<Chunks>;
  observeStream(): Promise<Chunks>;
  resume(params: Resume): Promise<Message>;
  resumeAsync(params: Resume): Promise<Result>;
  resumeNoWait(params: Resume): Promise<{ runId: string }>;
  resumeStream(params: Resume): Promise<Chunks>;
  cancel(): Promise<Message>;
  cancelRun(): Promise<Message>;
  restart(params?: { requestContext?: Context }): Promise<Message>;
  restartAsync(params?: { requestContext?: Context }): Promise<Result>;
  timeTravel(params: TimeTravel): Promise<Message>;
  timeTravelAsync(params: TimeTravel): Promise<Result>;
  timeTravelStream(params: TimeTravel): Promise<Chunks>;
}

export interface Workflow {
  details(requestContext?: Context): Promise<ReplyOf<"workflows", "get">>;
  runs(params?: QueryOf<"workflows", "listRuns">, requestContext?: Context): Promise<ReplyOf<"workflows", "listRuns">>;
  runById(
    runId: string,
    options?: { requestContext?: Context; fields?: readonly string[]; withNestedWorkflows?: boolean },
  ): Promise<ReplyOf<"workflows", "getRun">>;
  deleteRunById(runId: string): Promise<Message>;
  /** The schemas as JSON Schema; null where there is none. */
  getSchema(): Promise<{ inputSchema: Record<string, Untyped> | null; outputSchema: Record<string, Untyped> | null }>;
  createRun(params?: { runId?: string } & BodyOf<"workflows", "createRun">): Promise<Run>;
}

export function makeWorkflow(connection: Connection, invoke: Invoke, workflowId: string): Workflow {
  const params = { workflowId };
  const call = (name: string, parts: { params?: Values; query?: Values; body?: Values }, requestContext?: Context): Promise<unknown> =>
    inTheirWords(
      invoke("workflows", name, { params, ...parts }, requestContext ? { requestContext: requestContext as RequestContextInput } : {}),
    );
  const workflow = {
    ...makeMethods(connection, WORKFLOW, params),
    runById: (runId: string, { requestContext, fields, withNestedWorkflows }: Parameters<Workflow["runById"]>[1] & object = {}) =>
      call("getRun", { params: { workflowId, runId }, query: { fields: fields?.join(","), withNestedWorkflows } }, requestContext),
    getSchema: async () => {
      const { inputSchema, outputSchema } = (await call("get", {})) as ReplyOf<"workflows", "get">; // as the contract says
      return { inputSchema: schemaOf(inputSchema), outputSchema: schemaOf(outputSchema) };
    },
    createRun: async ({ runId, ...body }: { runId?: string } = {}) => {
      const made = (await call("createRun", { query: { runId }, body })) as { readonly runId: string };
      return makeRun(connection, invoke, workflowId, made.runId);
    },
  };
  return workflow as unknown as Workflow; // the lines are the interface's own routes
}

function makeRun(connection: Connection, invoke: Invoke, workflowId: string, runId: string): Run {
  const stream = async (name: string, params: Values | undefined, query: Values = {}): Promise<ReadableStream> => {
    const { requestContext, ...body } = params ?? {};
    const call = { params: { workflowId }, query: { runId, ...query }, ...(params && { body }) };
    const options = requestContext ? { requestContext: requestContext as RequestContextInput } : {};
    return toReadable((await inTheirWords(invoke("workflows", name, call, options))) as ClientStream<unknown>); // all of these stream
  };
  const run = {
    runId,
    ...makeMethods(connection, RUN, { workflowId, runId }),
    stream: (params: Values) => stream("stream", params),
    observe: (query?: Values) => stream("observe", undefined, query),
    observeStream: () => stream("observe", undefined),
    resumeStream: (params: Values) => stream("resumeStream", params),
    timeTravelStream: (params: Values) => stream("timeTravelStream", params),
  };
  return run as unknown as Run; // as above
}

function toReadable<T>(stream: ClientStream<T>): ReadableStream<T> {
  const events = stream[Symbol.asyncIterator]();
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const { done, value } = await events.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => {
        stream.detach();
        await events.return?.(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

/** JSON text of a JSON Schema, bare or as `{ "json": … }`. */
function schemaOf(text: string | undefined): Record<string, Untyped> | null {
  if (text === undefined) return null;
  const parsed: Record<string, Untyped> = JSON.parse(text);
  return "json" in parsed ? (parsed.json as Record<string, Untyped>) : parsed;
}
