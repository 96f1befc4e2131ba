import type { AgentChunk } from "../../../agents/chunks.ts";
import { fromKept } from "../../../agents/keeping/kept-chunk.ts";
import { AGENT_KIND, KeptTurn } from "../../../agents/keeping/kept-turn.ts";
import type { ScopedRuns } from "../../../runs/scoped-runs.ts";
import type { RunRecord } from "../../../storage/runs.ts";
import type { WorkflowChunk } from "../../../workflows/chunks.ts";
import type { Call } from "../../call.ts";
import type { StreamedChunk, StreamSource } from "../../wire/event-stream.ts";
import { runsOf } from "./find-run.ts";

export interface RunSourceOptions {
  /** The number of the last event that is known. */
  readonly after: number;
  /** Show the numbers, whatever the request says. */
  readonly numbered?: boolean;
}

/** The log of a run as a stream: what is there, then what comes. A reader who leaves changes nothing; one who stays keeps a turn from being given up. */
export function runSource(run: RunRecord, call: Call, { after, numbered }: RunSourceOptions): StreamSource {
  const runs = runsOf(call);
  return {
    runId: run.id,
    ...(numbered && { numbered }),
    async start(sink) {
      await showRun(run, runs, { after, signal: call.signal }, sink);
      return undefined;
    },
  };
}

/** Shows what a run has in its log after an event, and what comes, until it ends or waits. Resolves to the number of the last event. */
export async function showRun(
  run: RunRecord,
  runs: ScopedRuns,
  { after, signal }: { readonly after: number; readonly signal: AbortSignal },
  sink: Parameters<StreamSource["start"]>[0],
): Promise<number> {
  const local = runs.live(run)?.local;
  const leave = local instanceof KeptTurn ? local.attending?.enter() : isElsewhere(run, runs) ? runs.attend(run) : undefined;
  let last = after;
  try {
    for await (const { seq, type, data } of runs.read(run, { after, signal })) {
      const chunk = chunkOf(type, data);
      const pushed = chunk && sink.push(chunk, seq);
      if (pushed) await pushed;
      last = seq;
    }
  } finally {
    leave?.();
  }
  return last;
}

/** Only agents' turns are given up when nobody reads them. */
function isElsewhere(run: RunRecord, runs: ScopedRuns): boolean {
  return run.kind === AGENT_KIND && run.status === "running" && !runs.live(run);
}

/** The chunk of an event, when it has one: agents log chunks, workflows changes that may have one. */
export function chunkOf(type: string, data: unknown): StreamedChunk | undefined {
  if (type === "chunk") return fromKept(data as AgentChunk); // written by `KeptTurn`
  return typeof data === "object" && data !== null && "chunk" in data ? (data.chunk as WorkflowChunk | undefined) : undefined; // written by the interpreter
}
