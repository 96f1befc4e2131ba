import { FermataError } from "../../../errors.ts";
import { reachOf } from "../../../storage/reach.ts";
import type { SchedulePatch, ScheduleRecord, ScheduleStore, ScheduleTarget } from "../../../storage/schedules.ts";
import { firstFire } from "../../../workflows/cron.ts";
import { DECLARED_PREFIX } from "../../../workflows/schedule.ts";
import type { Call } from "../../call.ts";
import type { RouteInput } from "../../../contract/route.ts";
import type { schedules } from "../../../contract/routes/schedules.ts";
import type { Handlers } from "../../route-table.ts";
import { findWorkflow } from "../workflows/find.ts";
import { describeSchedule, describeTrigger, scheduleNotFound } from "./describe.ts";

type Schedules = Handlers["schedules"];

const storeOf = ({ mastra, principal }: Call): ScheduleStore => mastra.schedulesFor(principal);

/** @throws FermataError `NOT_FOUND` */
async function find(scheduleId: string, call: Call): Promise<ScheduleRecord> {
  const schedule = await storeOf(call).get(scheduleId);
  if (!schedule) throw scheduleNotFound();
  return schedule;
}

/** A schedule begins runs: whoever may not do that by hand may not do it this way. @throws FermataError `FORBIDDEN`, `NOT_FOUND` */
async function checkMayRun({ workflowId, agentId }: Pick<ScheduleRecord, "workflowId" | "agentId">, call: Call): Promise<void> {
  if (agentId === undefined) await call.mayUse(findWorkflow(workflowId, call), "workflows:execute");
  else await call.mayUse(call.mastra.getAgentById(agentId), "agents:execute");
}

/** Which of the two runs, and that it is told what that one needs. @throws FermataError `VALIDATION_FAILED` */
function whatRuns(body: RouteInput<typeof schedules.create>["body"], call: Call): Pick<ScheduleRecord, "workflowId" | "agentId"> {
  const { workflowId, agentId, prompt, threadId, resourceId, inputData, initialState } = body;
  const refuse = (why: string): FermataError => new FermataError("VALIDATION_FAILED", why);
  if ((workflowId === undefined) === (agentId === undefined)) throw refuse("A schedule needs a workflowId or an agentId, and not both.");
  if (workflowId !== undefined) {
    if (prompt !== undefined || threadId !== undefined) throw refuse("prompt and threadId are for schedules of agents.");
    return { workflowId };
  }
  if (prompt === undefined) throw refuse("A schedule of an agent needs a prompt.");
  if (inputData !== undefined || initialState !== undefined) throw refuse("inputData and initialState are for schedules of workflows.");
  const owner = resourceId ?? reachOf(call.principal).resourceId;
  if (threadId !== undefined && owner === undefined) throw refuse("A thread belongs to a resource: say with resourceId to which.");
  return { workflowId: "", ...(agentId !== undefined && { agentId }) };
}

/** What of a body is kept for every run of an agent. */
function turnOf(body: RouteInput<typeof schedules.update>["body"]): ScheduleTarget {
  const { prompt, name, threadId, signalType, tagName, attributes, providerOptions } = body;
  const named = { prompt, name, threadId, signalType, tagName, attributes, providerOptions };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

async function change(scheduleId: string, patch: SchedulePatch, call: Call): Promise<ScheduleRecord> {
  const changed = await storeOf(call).update(scheduleId, patch);
  if (!changed) throw scheduleNotFound();
  call.mastra.scheduler.look();
  return changed;
}

const list: Schedules["list"] = async ({ query }, call) => {
  const { agentId, threadId, name, workflowId, status, resourceId } = query;
  const all = await storeOf(call).list({ workflowId, agentId, status, resourceId });
  const is = (wanted: string | undefined, value: string | undefined): boolean => wanted === undefined || wanted === value;
  const found = all.filter(({ target }) => is(threadId, target.threadId) && is(name, target.name));
  return { schedules: await Promise.all(found.map((schedule) => describeSchedule(schedule, call))) };
};

const get: Schedules["get"] = async ({ params }, call) => describeSchedule(await find(params.scheduleId, call), call);

const create: Schedules["create"] = async ({ body }, call) => {
  const { id = `schedule_${crypto.randomUUID()}`, cron, timezone, inputData, initialState, metadata, resourceId } = body;
  if (id.startsWith(DECLARED_PREFIX))
    throw new FermataError("VALIDATION_FAILED", `A schedule's id must not begin with ${DECLARED_PREFIX}: those are of workflows.`);
  const what = whatRuns(body, call);
  await checkMayRun(what, call);
  const target: ScheduleTarget = { inputData, initialState, ...turnOf(body), requestContext: call.requestContext.toSaved() };
  const nextFireAt = firstFire(cron, timezone, "VALIDATION_FAILED");
  const schedule = { id, ...what, cron, nextFireAt, target, ...(timezone !== undefined && { timezone }), ...(metadata && { metadata }) };
  const made = await storeOf(call).create(schedule, resourceId);
  call.mastra.scheduler.look();
  return describeSchedule(made, call);
};

const update: Schedules["update"] = async ({ params, body }, call) => {
  const known = await find(params.scheduleId, call);
  await checkMayRun(known, call);
  const { cron = known.cron, timezone = known.timezone, status, metadata, inputData, initialState, requestContext, resourceId } = body;
  if (resourceId !== undefined && resourceId !== known.resourceId)
    throw new FermataError("VALIDATION_FAILED", "A schedule stays with its resource: delete it and make another one.");
  const isOtherTime = cron !== known.cron || timezone !== known.timezone || (status === "active" && known.status === "paused");
  const target: ScheduleTarget = {
    ...known.target,
    ...(known.agentId !== undefined && turnOf(body)),
    ...(inputData !== undefined && { inputData }),
    ...(initialState !== undefined && { initialState }),
    // Whom it acts for stays, whoever changes it.
    ...(requestContext && {
      requestContext: { trusted: {}, ...known.target.requestContext, client: call.requestContext.toSaved().client },
    }),
  };
  const nextFireAt = isOtherTime ? firstFire(cron, timezone, "VALIDATION_FAILED") : undefined;
  return describeSchedule(await change(known.id, { cron, timezone, status, metadata, target, nextFireAt }, call), call);
};

const remove: Schedules["delete"] = async ({ params }, call) => {
  if (!(await storeOf(call).remove(params.scheduleId))) throw scheduleNotFound();
  return { message: "Schedule deleted" };
};

const triggers: Schedules["triggers"] = async ({ params, query }, call) => {
  const { id } = await find(params.scheduleId, call);
  const { limit, fromActualFireAt: from, toActualFireAt: to } = query;
  const found = await storeOf(call).triggers(id, { limit, from, to });
  return { triggers: await Promise.all(found.map((trigger) => describeTrigger(id, trigger, call))) };
};

const pause: Schedules["pause"] = async ({ params }, call) =>
  describeSchedule(await change(params.scheduleId, { status: "paused" }, call), call);

const resume: Schedules["resume"] = async ({ params }, call) => {
  const known = await find(params.scheduleId, call);
  if (known.status === "active") return describeSchedule(known, call);
  // What would have come while it rested does not come any more.
  const nextFireAt = firstFire(known.cron, known.timezone, "VALIDATION_FAILED");
  return describeSchedule(await change(known.id, { status: "active", nextFireAt }, call), call);
};

const run: Schedules["run"] = async ({ params }, call) => {
  const schedule = await find(params.scheduleId, call);
  await checkMayRun(schedule, call);
  const { tenant } = reachOf(call.principal);
  const { runId, scheduledFireAt } = await call.mastra.scheduler.run({ ...schedule, tenant });
  return { scheduleId: schedule.id, claimId: runId, scheduledFireAt };
};

export const scheduleHandlers: Schedules = { list, get, create, update, delete: remove, triggers, pause, resume, run };
