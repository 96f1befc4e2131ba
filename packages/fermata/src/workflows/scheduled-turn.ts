/** A turn of an agent that a schedule asks for. */
import type { Agent } from "../agents/agent.ts";
import { toMessage, type Mail } from "../agents/mail/mail.ts";
import type { Principal } from "../context/principal.ts";
import { RequestContext } from "../context/request-context.ts";
import type { OwnedSchedule } from "../storage/schedules.ts";
import type { Logger } from "../telemetry/logger.ts";

/**
 * Begins a turn that nobody waits for. Resolves when it is in the log; then it waits for its place on the thread, if it has one.
 * @throws FermataError `CONFLICT` when it has begun before
 */
export async function beginTurn(agent: Agent, schedule: OwnedSchedule, runId: string, logger: Logger): Promise<void> {
  const { tenant, resourceId, target } = schedule;
  const { threadId, providerOptions, requestContext } = target;
  const mail = mailOf(schedule, runId);
  const begun = Promise.withResolvers<void>();
  const open = await agent.open(
    [toMessage(mail)],
    {
      runId,
      call: runId,
      isUnique: true,
      onBegun: begun.resolve,
      logger,
      principal: actor(tenant, resourceId),
      ...(requestContext && { requestContext: RequestContext.fromSaved(requestContext) }),
      ...(providerOptions && { providerOptions }),
      ...(threadId !== undefined && { memory: { thread: threadId, ...(resourceId !== "" && { resource: resourceId }) } }),
      mail,
      isFollowed: true,
    },
    "stream",
  );
  open.start({ push: () => undefined }).then(
    () => begun.resolve(),
    (error: unknown) => begun.reject(error),
  );
  await begun.promise;
}

/** A schedule that belongs to nobody acts on what belongs to nobody, or to the resource that it names. */
function actor(tenant: string, resourceId: string): Principal {
  return resourceId === "" ? { tenant, subject: "schedule", scopes: ["resources:*"] } : { tenant, subject: resourceId, scopes: [] };
}

function mailOf({ target, metadata }: OwnedSchedule, runId: string): Mail {
  const { prompt = "", signalType = "user", tagName = signalType, attributes } = target;
  const now = new Date().toISOString();
  return {
    id: runId,
    type: signalType,
    tagName,
    contents: prompt,
    createdAt: now,
    acceptedAt: now,
    ...(attributes && { attributes }),
    ...(metadata && { metadata }),
  };
}
