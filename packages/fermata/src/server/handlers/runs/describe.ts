import type { z } from "zod";
import { AGENT_KIND } from "../../../agents/keeping/kept-turn.ts";
import type { RunList, RunReply } from "../../../contract/shapes/run.ts";
import type { RunRecord } from "../../../storage/runs.ts";
import { endingOf } from "../../../workflows/run-view.ts";
import type { Call } from "../../call.ts";
import { projectStepError } from "../../wire/workflow-projection.ts";
import { runsOf } from "./find-run.ts";
import { chunkOf } from "./run-source.ts";

type Item = z.input<typeof RunList>["runs"][number];

const iso = (ms: number): string => new Date(ms).toISOString();

/** A run as lists show it. */
export function describeRunItem(run: RunRecord, { audience }: Call): Item {
  const { id, kind, name, status, resourceId, threadId, parentRunId, createdAt, updatedAt, finishedAt } = run;
  const failure = kind === AGENT_KIND ? (run.error as Item["error"]) : endingOf(run)?.error; // written by `KeptTurn`
  const error = failure && (kind === AGENT_KIND ? failure : projectStepError(failure as never, audience));
  return {
    runId: id,
    kind,
    name,
    status,
    resourceId: resourceId === "" ? null : resourceId,
    ...(threadId !== undefined && { threadId }),
    ...(parentRunId !== undefined && { parentRunId }),
    createdAt: iso(createdAt),
    updatedAt: iso(updatedAt),
    ...(finishedAt !== undefined && { finishedAt: iso(finishedAt) }),
    ...(error && {
      error: { name: error.name, message: error.message, ...("code" in error && error.code !== undefined && { code: error.code }) },
    }),
  };
}

/** A run with what came of it. */
export async function describeRunReply(run: RunRecord, call: Call): Promise<z.input<typeof RunReply>> {
  const events = await runsOf(call).events(run);
  const base = { ...describeRunItem(run, call), lastEventId: events.at(-1)?.seq ?? 0 };
  if (run.kind !== AGENT_KIND) {
    const ending = endingOf(run);
    return { ...base, ...(ending?.result !== undefined && { result: ending.result }) };
  }
  const finish = events.map(({ type, data }) => chunkOf(type, data)).findLast((chunk) => chunk?.type === "finish");
  if (!finish || !("payload" in finish)) return base;
  const { output, stepResult } = finish.payload;
  return {
    ...base,
    finishReason: stepResult.reason,
    usage: output.usage,
    text: output.text,
    ...(output.object !== undefined && { object: output.object }),
  };
}
