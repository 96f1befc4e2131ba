/** Reading responses in the background: what is told of them is in the log of their runs. */
import type { MemoryOptions } from "../../../agents/options.ts";
import type { Principal } from "../../../context/principal.ts";
import type { SavedContext } from "../../../context/request-context.ts";
import type { AgentChunk } from "../../../agents/chunks.ts";
import { AGENT_KIND } from "../../../agents/keeping/kept-turn.ts";
import { toChunkError } from "../../../agents/loop/errors.ts";
import { FermataError } from "../../../errors.ts";
import { AGAIN } from "../../../agents/keeping/orphan.ts";
import type { MessageItem } from "../../../protocols/openai/conversations/items.ts";
import { refused } from "../../../protocols/openai/refusal.ts";
import { isObject, objects, type Json } from "../../../protocols/openai/json.ts";
import { ResponseRun, type ResponseEnding, type ResponseRunOptions } from "../../../protocols/openai/responses/response-run.ts";
import type { ResponseValue } from "../../../protocols/openai/responses/response.ts";
import type { NewEvent } from "../../../runs/packed-events.ts";
import type { RunRecord } from "../../../storage/runs.ts";
import type { Call } from "../../call.ts";
import { EncodedRun } from "../../wire/encoded-run.ts";
import type { StreamSource } from "../../wire/event-stream.ts";
import { runsOf } from "../runs/find-run.ts";

/** What the run is begun with, as data: it may have to begin again in another process. */
export interface Beginning {
  /** What the input refers to: items by id, and the names of calls by id. */
  readonly told: { readonly items: readonly (readonly [string, Json])[]; readonly calls: readonly (readonly [string, string])[] };
  /** The model in place of the agent's. */
  readonly model?: string | undefined;
  readonly memory?: MemoryOptions | undefined;
  /** Whether the response is kept with its message. */
  readonly keeps: boolean;
  readonly requestContext: SavedContext;
  readonly principal: Principal;
}

/** What the log keeps of a response beside its run. */
export interface ResponseFactsRecord extends Omit<ResponseRunOptions, "streams" | "callerTools" | "startingAfter"> {
  readonly callerTools: readonly string[];
  readonly createdAt: number;
  readonly beginning: Beginning;
}

/** Whose runs are looked into. */
type Owner = Pick<Call, "mastra" | "principal">;

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
export async function findBackground(responseId: string, owner: Owner): Promise<BackgroundResponse | undefined> {
  const runId = runIdOf(responseId);
  const run = runId === undefined ? undefined : await runsOf(owner).get(runId);
  return run && readBackground(run);
}

/** The response that the run makes, where it makes one. */
export function readBackground(run: RunRecord): BackgroundResponse | undefined {
  if (run.kind !== AGENT_KIND || !isObject(run.input) || !isObject(run.input.response)) return undefined;
  return { run, facts: run.input.response as unknown as ResponseFactsRecord }; // written by `create`
}

/** The response as it is by now. */
export async function backgroundValue({ run, facts }: BackgroundResponse, owner: Owner): Promise<ResponseValue> {
  const response = responseOf(facts, false);
  const ending = readInto(response, await runsOf(owner).events(run));
  if (!ending || ending.status === "running") return response.current("in_progress");
  response.endedAs({ ...ending, completedAt: run.finishedAt });
  return response.result(undefined);
}

/** How the run ended, as far as the events say. */
function readInto(response: ResponseRun, events: Iterable<LogEvent>): ResponseEnding | undefined {
  let ending: ResponseEnding | undefined;
  for (const event of events) {
    if (isAnswered(event, ending)) break;
    if (event.type === "chunk") response.encode(event.data as AgentChunk); // written by `KeptTurn`
    if (event.type === AGAIN) response.beginAgain();
    ending = endingOf(event, ending);
  }
  return ending;
}

/** The events of the response after the number `startingAfter`: those that are there, then those that come. */
export function backgroundStream({ run, facts }: BackgroundResponse, startingAfter: number, call: Call): EncodedRun {
  const runs = runsOf(call);
  const response = responseOf(facts, true, startingAfter);
  /** Resolves to the run's end, or to nothing when it is not there yet. */
  const show = async (sink: Parameters<StreamSource["start"]>[0]): Promise<ResponseEnding | undefined> => {
    let ending: ResponseEnding | undefined;
    for await (const event of runs.read(run, { after: 0, signal: call.signal })) {
      if (isAnswered(event, ending)) break;
      const pushed = event.type === "chunk" ? sink.push(event.data as AgentChunk) : undefined; // written by `KeptTurn`
      if (pushed) await pushed;
      if (event.type === AGAIN) response.beginAgain();
      ending = endingOf(event, ending);
    }
    return ending?.status === "running" ? undefined : ending;
  };
  const source: StreamSource = {
    runId: run.id,
    async start(sink) {
      try {
        const ending = await show(sink);
        if (ending) response.endedAs({ ...ending, completedAt: (await runs.get(run.id))?.finishedAt });
        else response.brokeOff(toChunkError(new FermataError("UNAVAILABLE", "The stream ended before the response did.")));
      } catch (error) {
        call.logger.error("A response could not be read", { runId: run.id, error });
        response.brokeOff(toChunkError(error));
      }
      return undefined;
    },
  };
  return new EncodedRun(source, response);
}

/** @throws FermataError for a number that no event of the response has. One that goes on may have it elsewhere by now. */
export async function assertKnown({ run, facts }: BackgroundResponse, startingAfter: number, owner: Owner): Promise<void> {
  if (startingAfter === 0 || run.status === "running" || run.status === "ready") return;
  const response = responseOf(facts, true);
  const ending = readInto(response, await runsOf(owner).events(run));
  if (ending) response.endedAs(ending);
  response.end(undefined);
  if (startingAfter > response.lastNumber)
    throw refused(
      "starting_after",
      `starting_after is ${startingAfter}, and the last event of the response has the number ${response.lastNumber}.`,
    );
}

/** What the response was given, where no conversation holds it. */
export function givenItems({ run, facts }: BackgroundResponse): MessageItem[] {
  const { input } = facts.request;
  if (typeof input === "string") {
    const content = [{ type: "input_text", text: input }];
    return [{ id: `msg_${run.id}_i0`, type: "message", role: "user", status: "completed", content }];
  }
  return (objects(input) ?? []).map((item, index) => {
    const { id, type = "message", content, ...rest } = item;
    const parts = typeof content === "string" ? [{ type: "input_text", text: content }] : content;
    return {
      ...rest,
      id: typeof id === "string" ? id : `msg_${run.id}_i${index}`,
      type: typeof type === "string" ? type : "message",
      ...(parts !== undefined && { content: parts }),
    };
  });
}

function responseOf({ callerTools, ...facts }: ResponseFactsRecord, streams: boolean, startingAfter = 0): ResponseRun {
  return new ResponseRun({ ...facts, callerTools: new Set(callerTools), streams, startingAfter });
}

const STATUS = { finish: "finished", error: "failed", abort: "aborted", suspended: "suspended" } as const;

type LogEvent = Pick<NewEvent, "type" | "data">;

/** A response ends where its run waits for an answer. What comes of the answer belongs to another response; what is not answered can be cancelled. */
function isAnswered({ type, data }: LogEvent, ending: ResponseEnding | undefined): boolean {
  return ending?.status === "suspended" && type === "chunk" && (data as AgentChunk).type !== "abort";
}

/** The last chunk has what the provider said; the last event says how it ended. */
function endingOf({ type, data }: LogEvent, known: ResponseEnding | undefined): ResponseEnding | undefined {
  if (type === AGAIN) return undefined;
  if (type === "chunk") {
    const chunk = data as AgentChunk;
    if (chunk.type !== "finish" || !("payload" in chunk)) return known;
    const { metadata, stepResult, output } = chunk.payload;
    return { status: "running", finishReason: stepResult.reason, usage: output.usage, providerMetadata: metadata.providerMetadata };
  }
  if (!(type in STATUS)) return known;
  const { finishReason, usage } = data as Pick<ResponseEnding, "finishReason" | "usage">; // written by `KeptTurn`
  return { finishReason, usage, ...known, status: STATUS[type as keyof typeof STATUS] };
}
