/** The Agent2Agent protocol: JSON-RPC over one route, in its versions 0.3 and 1.0. */
import { openStream } from "../open-stream.ts";
import { fillPath, type Values } from "../request.ts";
import { FermataClientError } from "../error.ts";
import type { ClientStream } from "../stream.ts";
import type { Outgoing } from "../transport.ts";
import { inTheirWords, MastraClientError } from "./error.ts";
import { toResponse, type Connection } from "./resource.ts";
import type { Untyped } from "./untyped.ts";

/** By the client's name, the protocol's. `~`: the reply is a stream of bytes; `*`: one of events. */
const V03 = {
  getExtendedAgentCard: "agent/getAuthenticatedExtendedCard",
  sendMessage: "message/send",
  sendMessageStream: "message/stream*",
  sendStreamingMessage: "message/stream~",
  getTask: "tasks/get",
  cancelTask: "tasks/cancel",
  resubscribeTask: "tasks/resubscribe*",
  setTaskPushNotificationConfig: "tasks/pushNotificationConfig/set",
  getTaskPushNotificationConfig: "tasks/pushNotificationConfig/get",
  listTaskPushNotificationConfig: "tasks/pushNotificationConfig/list",
  deleteTaskPushNotificationConfig: "tasks/pushNotificationConfig/delete",
} as const;

const V1 = {
  sendMessage: "SendMessage",
  sendMessageStream: "SendStreamingMessage*",
  getTask: "GetTask",
  listTasks: "ListTasks",
  cancelTask: "CancelTask",
  resubscribeTask: "SubscribeToTask*",
  createTaskPushNotificationConfig: "CreateTaskPushNotificationConfig",
  getTaskPushNotificationConfig: "GetTaskPushNotificationConfig",
  listTaskPushNotificationConfigs: "ListTaskPushNotificationConfigs",
  deleteTaskPushNotificationConfig: "DeleteTaskPushNotificationConfig",
} as const;

type Calls<T> = {
  readonly [K in keyof T]: T[K] extends `${string}*`
    ? (params?: object) => AsyncGenerator<Untyped, undefined>
    : (params?: object) => Promise<T[K] extends `${string}~` ? Response : Untyped>;
};
export type A2A = Calls<typeof V03> & { getCard(): Promise<Untyped>; getAgentCard(): Promise<Untyped> };
export type A2AV1 = Calls<typeof V1> & { getAgentCard(): Promise<Untyped> };

/** A version of the protocol, as its client has it. */
interface Version {
  readonly headers: Readonly<Record<string, string>>;
  /** Whether a call resolves to its result. Version 0.3 gives the whole reply. */
  readonly unwraps: boolean;
}

const VERSION_03: Version = { headers: {}, unwraps: false };
const VERSION_1: Version = { headers: { "a2a-version": "1.0" }, unwraps: true };

export function makeA2A(connection: Connection, agentId: string): A2A {
  const getCard = (): Promise<Untyped> => cardOf(connection, agentId, VERSION_03);
  return { ...calls(connection, agentId, V03, VERSION_03), getCard, getAgentCard: getCard };
}

export function makeA2AV1(connection: Connection, agentId: string): A2AV1 {
  return { ...calls(connection, agentId, V1, VERSION_1), getAgentCard: () => cardOf(connection, agentId, VERSION_1) };
}

function cardOf({ transport }: Connection, agentId: string, { headers }: Version): Promise<Untyped> {
  const path = fillPath("/.well-known/:agentId/agent-card.json", { agentId });
  return inTheirWords(transport.json({ method: "GET", path, headers }));
}

function calls<T extends Readonly<Record<string, string>>>(
  { transport, streams }: Connection,
  agentId: string,
  names: T,
  { headers, unwraps }: Version,
): Calls<T> {
  const path = fillPath("/a2a/:agentId", { agentId });
  const toOutgoing = (method: string, params: Values): Outgoing => {
    const body = { jsonrpc: "2.0", id: crypto.randomUUID(), method: method.replace(/[~*]$/, ""), params };
    return { method: "POST", path, body, headers };
  };
  const open = (method: string, params: Values): Promise<ClientStream<Reply>> =>
    inTheirWords(openStream(transport, { framing: "sse", outgoing: toOutgoing(method, params), options: streams, endsSilently: true }));
  async function* events(method: string, params: Values): AsyncGenerator<Untyped, undefined> {
    for await (const reply of await open(method, params)) yield resultOf(reply);
    return undefined;
  }
  const ask = async (method: string, params: Values): Promise<Untyped> => {
    if (method.endsWith("~")) return toResponse(await open(method, params));
    const reply = (await inTheirWords(transport.json(toOutgoing(method, params)))) as Reply | undefined; // JSON-RPC
    return unwraps ? resultOf(reply ?? {}) : reply;
  };
  const made = Object.entries(names).map(([name, method]) => [
    name,
    (params: Values = {}) => (method.endsWith("*") ? events(method, params) : ask(method, params)),
  ]);
  return Object.fromEntries(made) as Calls<T>; // one for each name
}

interface Reply {
  readonly result?: unknown;
  readonly error?: { readonly message?: string };
}

/** @throws MastraClientError for a reply that is a failure. */
function resultOf(reply: Reply): Untyped {
  if (!reply.error) return "result" in reply ? reply.result : reply;
  const message = reply.error.message ?? "The call failed.";
  throw new MastraClientError(new FermataClientError("UNPROCESSABLE", message, { status: 200, statusText: "OK", body: reply.error }));
}
