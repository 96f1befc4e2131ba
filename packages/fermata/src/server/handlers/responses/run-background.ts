/** Running responses in the background: their runs belong to nobody's connection, and begin again when their process is gone. */
import type { Agent } from "../../../agents/agent.ts";
import type { OpenRun, RunLogging } from "../../../agents/delegation.ts";
import type { Orphan } from "../../../agents/keeping/orphan.ts";
import type { MemoryOptions } from "../../../agents/options.ts";
import type { Principal } from "../../../context/principal.ts";
import { RequestContext } from "../../../context/request-context.ts";
import { FermataError } from "../../../errors.ts";
import { releaseThread } from "../../../memory/thread-lease.ts";
import type { Mastra } from "../../../mastra.ts";
import { readInput, type ReadInput } from "../../../protocols/openai/responses/input.ts";
import { responseOptions } from "../../../protocols/openai/responses/options.ts";
import type { Call } from "../../call.ts";
import { runsOf } from "../runs/find-run.ts";
import { backgroundValue, findBackground, readBackground, runIdOf, type ResponseFactsRecord } from "./background.ts";
import { openRun } from "./open-run.ts";
import { keepResponse, type Keeping } from "./stored.ts";

/** Begins the run and lets go of it. Resolves when it is in the log. */
export async function beginBackground(agent: Agent, facts: ResponseFactsRecord, keeping: Keeping | undefined, call: Call): Promise<void> {
  const { logger, principal, requestContext } = call;
  const run = await openBackground(agent, facts, { logger, principal, requestContext });
  const begun = Promise.withResolvers<void>();
  void letGo(run, facts, keeping, call.mastra, () => begun.resolve());
  await begun.promise;
  if (!(await runsOf(call).get(run.runId)))
    throw new FermataError("UNAVAILABLE", "The response could not be kept, so it cannot run in the background.");
}

/** Begins the run of a response again whose process is gone. */
export function responseReviver(mastra: Mastra): (orphan: Orphan) => Promise<boolean> {
  return async (orphan) => {
    const facts = readBackground(orphan.live.record)?.facts;
    if (!facts?.beginning) return false;
    const { principal, memory, keeps, requestContext: saved } = facts.beginning;
    const agent = mastra.getAgentById(facts.agentId);
    const requestContext = RequestContext.fromSaved(saved);
    const conversation = memory && (await conversationOf(agent, memory, principal, requestContext));
    if (conversation) {
      await releaseThread(conversation.memory.store.leases, { threadId: conversation.threadId, runId: orphan.live.id });
      // What it had said, and was given, is said and given again.
      await conversation.memory.deleteMessages([facts.id, ...messageIds(facts.id, inputOf(facts))]);
    }
    const run = await openBackground(agent, facts, { logger: mastra.getLogger(), principal, requestContext, orphan });
    void letGo(run, facts, keeps ? conversation : undefined, mastra, () => undefined);
    return true;
  };
}

type Caller = Required<Pick<RunLogging, "logger" | "principal">> & Pick<RunLogging, "orphan"> & { readonly requestContext: RequestContext };

function openBackground(agent: Agent, facts: ResponseFactsRecord, caller: Caller): Promise<OpenRun> {
  const { id, request, beginning } = facts;
  const { model, memory } = beginning;
  const input = inputOf(facts);
  const ids = messageIds(id, input);
  const options = {
    ...responseOptions(request, () => true), // was asked before
    ...(model !== undefined && { model }),
    ...(memory && { memory }),
    ...caller,
    runId: runIdOf(id) ?? id,
    messageId: id,
    facts: { response: facts },
    isRepeatable: true,
  };
  // Their ids are known, so that they are not there twice when the run begins again.
  const messages = input.messages.map((message, index) => ({ ...message, id: ids[index] }));
  return openRun(agent, { ...input, messages }, options, "stream");
}

function inputOf({ request, beginning: { told } }: ResponseFactsRecord): ReadInput {
  return readInput(request.input ?? [], { items: new Map(told.items), calls: new Map(told.calls) });
}

function messageIds(responseId: string, { messages }: ReadInput): string[] {
  return messages.map((_message, index) => `msg_${runIdOf(responseId)}_i${index}`);
}

async function letGo(
  open: OpenRun,
  facts: ResponseFactsRecord,
  keeping: Keeping | undefined,
  mastra: Mastra,
  onBegun: () => void,
): Promise<void> {
  try {
    const run = await open.start({ push: onBegun }); // nothing is shown before it is in the log
    if (!keeping) return;
    const owner = { mastra, principal: facts.beginning.principal };
    const response = await findBackground(facts.id, owner);
    if (response) await keepResponse(keeping, await backgroundValue(response, owner), run);
  } catch (error) {
    mastra.getLogger().error("A response in the background could not be kept", { runId: open.runId, error });
  } finally {
    onBegun();
  }
}

async function conversationOf(
  agent: Agent,
  { thread, resource }: MemoryOptions,
  principal: Principal,
  requestContext: RequestContext,
): Promise<Keeping | undefined> {
  const memory = await agent.getMemory({ requestContext });
  if (!memory || typeof thread !== "string" || resource === undefined) return undefined;
  return { memory: memory.for(principal, undefined, resource), agentId: agent.id, threadId: thread, resourceId: resource };
}
