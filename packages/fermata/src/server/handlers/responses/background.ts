/** Responses in the background: their runs belong to nobody's connection, and what is told of them is read from the log. */
import type { OpenRun } from "../../../agents/delegation.ts";
import type { AgentChunk } from "../../../agents/chunks.ts";
import { AGENT_KIND } from "../../../agents/keeping/kept-turn.ts";
import { FermataError } from "../../../errors.ts";
import type { MessageItem } from "../../../protocols/openai/conversations/items.ts";
import { isObject, objects } from "../../../protocols/openai/json.ts";
import { ResponseRun, type ResponseEnding, type ResponseRunOptions } from "../../../protocols/openai/responses/response-run.ts";
import type { ResponseValue } from "../../../protocols/openai/responses/response.ts";
import type { RunRecord } from "../../../storage/runs.ts";
import type { Call } from "../../call.ts";
import { EncodedRun } from "../../wire/encoded-run.ts";
import type { StreamSource } from "../../wire/event-stream.ts";
import { runsOf } from "../runs/find-run.ts";

/** What the log keeps of a response beside its run. */
export interface ResponseFactsRecord extends Omit<ResponseRunOptions, "streams" | "callerTools" | "startingAfter"> {
  readonly callerTools: readonly string[];
  readonly createdAt: number;
}

export interface BackgroundResponse {
  readonly run: RunRecord;
  readonly facts: ResponseFactsRecord;
}

const RESPONSE_ID = /^resp_([0-9a-f-]{36})$/;

/** The id of the run of a response in the background. */
export function runIdOf(responseId: string): string | undefined {
  return RESPONSE_ID.exec(responseId)?.[1];
}

/** The response in the background with this id, within the caller's reach. */
export async function findBackground(responseId: string, call: Call): Promise<BackgroundResponse | undefined> {
  const runId = runIdOf(responseId);
  const run = runId === undefined ? undefined : await runsOf(call).get(runId);
  if (run?.kind !== AGENT_KIND || !isObject(run.input) || !isObject(run.input.response)) return undefined;
  return { run, facts: run.input.response as unknown as ResponseFactsRecord }; // written by `create`
}

/** Begins the run and lets go of it. Resolves when it is in the log. `afterwards` is called at its end. */
export async function letGo(
  open: OpenRun,
  call: Call,
  afterwards: (run: Awaited<ReturnType<OpenRun["start"]>>) => Promise<void>,
): Promise<void> {
  const begun = Promise.withResolvers<void>();
  open
    .start({ push: () => begun.resolve() }) // nothing is shown before it is in the log
    .then(afterwards)
    .catch((error: unknown) =>
      call.mastra.getLogger().error("A response in the background could not be kept", { runId: open.runId, error }),
    )
    .finally(() => begun.resolve());
  await begun.promise;
  if (!(await runsOf(call).get(open.runId)))
    throw new FermataError("UNAVAILABLE", "The response could not be kept, so it cannot run in the background.");
}

/** The response as it is by now. */
export async function backgroundValue({ run, facts }: BackgroundResponse, call: Call): Promise<ResponseValue> {
  const response = responseOf(facts, false);
  let ending: ResponseEnding | undefined;
  for (const { type, data } of await runsOf(call).events(run)) {
    if (type === "chunk") response.encode(data as AgentChunk); // written by `KeptTurn`
    ending = endingOf(type, data, ending) ?? ending;
  }
  if (!ending || ending.status === "running") return response.current("in_progress");
  response.endedAs({ ...ending, completedAt: run.finishedAt });
  return response.result(undefined);
}

/** The events of the response after the number `startingAfter`: those that are there, then those that come. */
export function backgroundStream({ run, facts }: BackgroundResponse, startingAfter: number, call: Call): EncodedRun {
  const runs = runsOf(call);
  const response = responseOf(facts, true, startingAfter);
  const source: StreamSource = {
    runId: run.id,
    async start(sink) {
      let ending: ResponseEnding | undefined;
      for await (const { type, data } of runs.read(run, { after: 0, signal: call.signal })) {
        const pushed = type === "chunk" ? sink.push(data as AgentChunk) : undefined; // written by `KeptTurn`
        if (pushed) await pushed;
        ending = endingOf(type, data, ending) ?? ending;
      }
      if (ending) response.endedAs({ ...ending, completedAt: (await runs.get(run.id))?.finishedAt });
      return undefined;
    },
  };
  return new EncodedRun(source, response);
}

/** What the response was given, where no conversation holds it. */
export function givenItems({ run, facts }: BackgroundResponse): MessageItem[] {
  const { input } = facts.request;
  if (typeof input === "string") {
    const content = [{ type: "input_text", text: input }];
    return [{ id: `msg_${run.id}_0`, type: "message", role: "user", status: "completed", content }];
  }
  return (objects(input) ?? []).map((item, index) => {
    const { id, type = "message", content, ...rest } = item;
    const parts = typeof content === "string" ? [{ type: "input_text", text: content }] : content;
    return {
      ...rest,
      id: typeof id === "string" ? id : `msg_${run.id}_${index}`,
      type: typeof type === "string" ? type : "message",
      ...(parts !== undefined && { content: parts }),
    };
  });
}

function responseOf({ callerTools, ...facts }: ResponseFactsRecord, streams: boolean, startingAfter = 0): ResponseRun {
  return new ResponseRun({ ...facts, callerTools: new Set(callerTools), streams, startingAfter });
}

const STATUS = { finish: "finished", error: "failed", abort: "aborted", suspended: "suspended" } as const;

/** The last chunk has what the provider said; the last event says how it ended. */
function endingOf(type: string, data: unknown, known: ResponseEnding | undefined): ResponseEnding | undefined {
  if (type === "chunk") {
    const chunk = data as AgentChunk;
    if (chunk.type !== "finish" || !("payload" in chunk)) return undefined;
    const { metadata, stepResult, output } = chunk.payload;
    return { status: "running", finishReason: stepResult.reason, usage: output.usage, providerMetadata: metadata.providerMetadata };
  }
  if (!(type in STATUS)) return undefined;
  const { finishReason, usage } = data as Pick<ResponseEnding, "finishReason" | "usage">; // written by `KeptTurn`
  return { finishReason, usage, ...known, status: STATUS[type as keyof typeof STATUS] };
}
