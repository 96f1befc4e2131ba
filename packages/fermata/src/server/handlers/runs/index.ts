import { AGENT_KIND } from "../../../agents/keeping/kept-turn.ts";
import type { Answer } from "../../../agents/loop/run.ts";
import { FermataError } from "../../../errors.ts";
import type { RunRecord } from "../../../storage/runs.ts";
import { resumeRun } from "../../../workflows/resume.ts";
import type { Handlers } from "../../route-table.ts";
import { stopUnkept } from "../agents/unkept.ts";
import { findWorkflow, hostFor } from "../workflows/find.ts";
import { describeRunItem, describeRunReply } from "./describe.ts";
import { findRun, runsOf } from "./find-run.ts";
import { runSource } from "./run-source.ts";

const DEFAULT_PER_PAGE = 100;

type Runs = Handlers["runs"];

const list: Runs["list"] = async ({ query }, call) => {
  const { kind, name, status, resourceId, threadId, fromDate, toDate, page = 0, perPage = DEFAULT_PER_PAGE } = query;
  const filter = { kind, name, status, resourceId, threadId, from: fromDate?.getTime(), to: toDate?.getTime(), page, perPage };
  const { items, total, hasMore } = await runsOf(call).store.list(filter);
  return { runs: items.map((run) => describeRunItem(run, call)), total, page, perPage, hasMore };
};

const get: Runs["get"] = async ({ params }, call) => describeRunReply(await findRun(params.runId, call), call);

const stream: Runs["stream"] = async ({ params, query }, call) =>
  runSource(await findRun(params.runId, call), call, { after: query.after ?? call.lastEventId ?? 0, numbered: true });

const cancel: Runs["cancel"] = async ({ params }, call) => {
  if (stopUnkept(params.runId, call)) return { runId: params.runId, message: "Run cancelled" };
  const run = await findRun(params.runId, call);
  if (!(await runsOf(call).cancel(run))) throw hasEnded(run);
  return { runId: run.id, message: "Run cancelled" };
};

const resume: Runs["resume"] = async ({ params, body }, call) => {
  const run = await findRun(params.runId, call);
  // An answer has the agent or the workflow work on: whoever may not use it by its own routes may not use it this way.
  await call.mayUse({ id: run.name }, run.kind === AGENT_KIND ? "agents:execute" : "workflows:execute");
  const { toolCallId, step, label, resumeData, forEachIndex } = body;
  const { requestContext, principal, logger } = call;
  if (run.kind === AGENT_KIND) {
    const agent = call.mastra.getAgentById(run.name);
    const open = await agent.reopen(
      run.id,
      toolCallId,
      answerOf(body),
      { requestContext, principal, logger: call.mastra.getLogger() },
      "stream",
    );
    // It belongs to nobody's connection.
    open.start({ push: () => undefined }).catch((error: unknown) => logger.error("A run could not go on", { runId: run.id, error }));
  } else {
    const request = { runId: run.id, step, label, resumeData, forEachIndex, requestContext };
    await resumeRun(hostFor(call), findWorkflow(run.name, call), request);
  }
  return { runId: run.id, message: "Run resumed" };
};

function answerOf({
  approve,
  reason,
  resumeData,
}: {
  approve?: boolean | undefined;
  reason?: string | undefined;
  resumeData?: unknown;
}): Answer {
  if (approve === undefined) return { kind: "resume", data: resumeData };
  return approve ? { kind: "approve" } : { kind: "decline", ...(reason !== undefined && { reason }) };
}

const remove: Runs["delete"] = async ({ params }, call) => {
  const run = await findRun(params.runId, call);
  if (!(await runsOf(call).store.remove(run.id))) throw new FermataError("CONFLICT", `Run ${run.id} is under way: cancel it first.`);
  if (run.kind === AGENT_KIND) await call.mastra.suspensionsFor(call.principal).claim(run.name, run.id);
  return { runId: run.id, message: "Run deleted" };
};

function hasEnded(run: RunRecord): FermataError {
  return new FermataError("CONFLICT", `Run ${run.id} has ended: there is nothing to cancel.`);
}

export const runHandlers: Runs = { list, get, stream, cancel, resume, delete: remove };
