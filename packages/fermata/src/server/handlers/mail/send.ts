/** What is sent to a thread: heard by the turn that is under way, or by one that it begins. */
import type { z } from "zod";
import type { Agent } from "../../../agents/agent.ts";
import type { OpenRun } from "../../../agents/delegation.ts";
import { KeptTurn } from "../../../agents/keeping/kept-turn.ts";
import { toMessage, type Mail } from "../../../agents/mail/mail.ts";
import type { agents } from "../../../contract/routes/agents.ts";
import type { RunOptions } from "../../../contract/shapes/agent.ts";
import type { MessageBody, SignalBody } from "../../../contract/shapes/mail.ts";
import type { RouteOutput } from "../../../contract/route.ts";
import { FermataError } from "../../../errors.ts";
import type { ThreadOwner } from "../../../runs/scoped-runs.ts";
import type { RunRecord } from "../../../storage/runs.ts";
import type { Call } from "../../call.ts";
import type { Handler } from "../../route-table.ts";
import { turnOptions } from "../agents/run-options.ts";
import { runsOf } from "../runs/find-run.ts";
import { threadOf, threadOfRun, underWay } from "./thread.ts";

type Reply = RouteOutput<typeof agents.sendMessage>;
type Given = z.output<typeof MessageBody>["message"];
type Target = z.output<typeof MessageBody> | z.output<typeof SignalBody>;
type StreamOptions = z.output<typeof RunOptions>;

export const sendMessage: Handler<typeof agents.sendMessage> = ({ params, body }, call) =>
  send(params.agentId, body, (now, attributes) => messageMail(body.message, now, attributes), true, call);

export const queueMessage: Handler<typeof agents.queueMessage> = ({ params, body }, call) =>
  send(params.agentId, body, (now, attributes) => messageMail(body.message, now, attributes), false, call);

export const sendSignal: Handler<typeof agents.sendSignal> = ({ params, body }, call) =>
  send(params.agentId, body, (now, attributes) => signalMail(body.signal, now, attributes), true, call);

/** @param mayJoin whether the turn that is under way may hear it */
async function send(
  agentId: string,
  target: Target,
  write: (now: string, attributes: Mail["attributes"]) => Mail,
  mayJoin: boolean,
  call: Call,
): Promise<Reply> {
  const agent = call.mastra.getAgentById(agentId);
  const { runId, ifActive, ifIdle } = target;
  const thread = target.runId === undefined ? threadOf(target, call) : await threadOfRun(agent, target.runId, call);
  if (call.earlier) return { accepted: true, runId: call.earlier.id };
  const turns = await underWay(agent, thread, call);
  const active = turns.find(({ id }) => id === runId) ?? turns[0];
  const mail = write(new Date().toISOString(), (active ? ifActive : ifIdle)?.attributes);
  const reply = (heardBy: string): Reply => ({ accepted: true, runId: heardBy, signal: { ...mailOnWire(mail), __isCreatedSignal: true } });
  const behavior = active ? (ifActive?.behavior ?? "deliver") : (ifIdle?.behavior ?? "wake");
  if (behavior === "persist") await persist(agent, mail, thread, call);
  if (behavior === "persist" || behavior === "discard") return reply(active?.id ?? crypto.randomUUID());
  const ownTurn = (): Promise<string> => begin(agent, mail, thread, ifIdle?.streamOptions, call);
  if (active && mayJoin && isHeardBy(active, mail, ownTurn, call)) return reply(active.id);
  return reply(await ownTurn());
}

/** Gives it to the turn that is under way, in this process. What that turn has not heard at its end gets a turn of its own. */
function isHeardBy(active: RunRecord, mail: Mail, ownTurn: () => Promise<string>, call: Call): boolean {
  const local = runsOf(call).live(active)?.local;
  if (!(local instanceof KeptTurn)) return false;
  const logger = call.mastra.getLogger();
  return local.mailbox.post(mail, () => {
    ownTurn().catch((error: unknown) => logger.error("A message that came late could not begin a turn", { runId: active.id, error }));
  });
}

/** A turn that belongs to nobody's connection. It waits for its place on the thread. */
async function begin(
  agent: Agent,
  mail: Mail,
  { threadId, resourceId }: ThreadOwner,
  streamOptions: StreamOptions | undefined,
  call: Call,
): Promise<string> {
  const given = streamOptions ?? {};
  call.requestContext.addFromClient(given.requestContext);
  const options = turnOptions(given, call);
  const open = await agent.open(
    [toMessage(mail)],
    {
      ...options,
      logger: call.mastra.getLogger(),
      memory: {
        ...options.memory,
        thread: threadOption(options.memory?.thread, threadId),
        ...(resourceId !== undefined && { resource: resourceId }),
      },
      mail,
      isFollowed: true,
    },
    "stream",
  );
  await startAlone(open, call);
  return open.runId;
}

/** What the caller says of the thread beside its id stays. */
function threadOption<T extends object>(given: string | T | undefined, id: string): string | (T & { id: string }) {
  return typeof given === "object" ? { ...given, id } : id;
}

/** Resolves when the run has begun, where others find it. */
export function startAlone(open: OpenRun, call: Call): Promise<void> {
  const logger = call.mastra.getLogger();
  return new Promise((resolve) => {
    open
      .start({ push: () => resolve() })
      .catch((error: unknown) => logger.error("A turn of a thread failed", { runId: open.runId, error }))
      .finally(resolve);
  });
}

/** @throws FermataError `VALIDATION_FAILED` when the agent remembers nothing */
async function persist(agent: Agent, mail: Mail, { threadId, resourceId = "" }: ThreadOwner, call: Call): Promise<void> {
  const memory = await agent.getMemory({ requestContext: call.requestContext });
  if (!memory)
    throw new FermataError("VALIDATION_FAILED", `Agent "${agent.id}" has no memory: a message for it cannot be kept. Let it wake a turn.`);
  const scoped = memory.for(call.principal, undefined, resourceId);
  if (!(await scoped.getThreadById({ threadId, resourceId }))) await scoped.createThread({ threadId, resourceId });
  await scoped.saveMessages({ messages: [{ ...toMessage(mail), createdAt: mail.createdAt, threadId, resourceId }] });
}

function messageMail(given: Given, now: string, attributes: Mail["attributes"]): Mail {
  const { contents, ...more } = typeof given === "string" || Array.isArray(given) ? { contents: given } : given;
  return toMail({ type: "user", contents, ...more }, now, attributes);
}

function signalMail({ ...signal }: z.output<typeof SignalBody>["signal"], now: string, attributes: Mail["attributes"]): Mail {
  return toMail(signal, now, attributes);
}

type Draft = Omit<z.output<typeof SignalBody>["signal"], "type"> & { readonly type: string };

function toMail({ id, type, tagName, contents, createdAt, attributes, metadata }: Draft, now: string, more: Mail["attributes"]): Mail {
  const all = attributes || more ? { ...attributes, ...more } : undefined;
  return {
    contents: contents as Mail["contents"], // the same members; one that is undefined is not written
    type,
    tagName: tagName ?? type,
    id: id ?? crypto.randomUUID(),
    acceptedAt: now,
    createdAt: createdAt === undefined ? now : new Date(createdAt).toISOString(),
    ...(all && { attributes: all }),
    ...(metadata && { metadata }),
  };
}

function mailOnWire(mail: Mail): Omit<NonNullable<Reply["signal"]>, "__isCreatedSignal"> {
  const { contents, attributes, metadata, ...rest } = mail;
  return {
    ...rest,
    contents: typeof contents === "string" ? contents : [...contents],
    ...(attributes && { attributes: { ...attributes } }),
    ...(metadata && { metadata: { ...metadata } }),
  };
}
