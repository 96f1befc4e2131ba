import type { Handlers } from "../../route-table.ts";
import { restart, restartAll, restartAsync, timeTravel, timeTravelAsync, timeTravelStream } from "./again.ts";
import { get, list, runCounts } from "./describe.ts";
import { observeStreamLegacy, streamLegacy } from "./legacy.ts";
import { resume, resumeAsync, resumeNoWait, resumeStream } from "./resume.ts";
import { cancel, createRun, getRun, listWorkflowRuns, removeRun } from "./runs.ts";
import { observe, start, startAsync, stream } from "./start.ts";

export const workflowHandlers: Handlers["workflows"] = {
  list,
  runCounts,
  get,
  listRuns: listWorkflowRuns,
  getRun,
  deleteRun: removeRun,
  createRun,
  start,
  startAsync,
  stream,
  resume,
  resumeAsync,
  resumeNoWait,
  resumeStream,
  observe,
  cancel,
  timeTravel,
  timeTravelAsync,
  timeTravelStream,
  restart,
  restartAsync,
  restartAll,
  restartAllAsync: (input, call) => restartAll(input, call),
  streamLegacy,
  observeStreamLegacy,
};
