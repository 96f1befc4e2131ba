/** The Agent2Agent protocol: JSON-RPC over one route, in its versions 0.3 and 1.0. */
import { openStream } from "../open-stream.ts";
import { fillPath, type Values } from "../request.ts";
import { FermataClientError } from "../error.ts";
import { inTheirWords } from "./error.ts";
import { toResponse, type Connection } from "./resource.ts";
import type { Untyped } from "./untyped.ts";

/** By the client's name, the protocol's. `~`: the reply is a stream. */
const V03 = {
  getExtendedAgentCard: "agent/getAuthenticatedExtendedCard",
  sendMessage: "message/send",
  sendMessageStream: "message/stream~",
  sendStreamingMessage: "message/stream~",
  getTask: "tasks/get",
  cancelTask: "tasks/cancel",
  resubscribeTask: "tasks/resubscribe~",
  setTaskPushNotificationConfig: "tasks/pushNotificationConfig/set",
  getTaskPushNotificationConfig: "tasks/pushNotificationConfig/get",
  listTaskPushNotificationConfig: "tasks/pushNotificationConfig/list",
  deleteTaskPushNotificationConfig: "tasks/pushNotificationConfig/delete",
} as const;

const V1 = {
  sendMessage: "SendMessage",
  sendMessageStream: "SendStreamingMessage~",
  getTask: "GetTask",
  listTasks: "ListTasks",
  cancelTask: "CancelTask",
  resubscribeTask: "SubscribeToTask~",
  createTaskPushNotificationConfig: "CreateTaskPushNotificationConfig",
  getTaskPushNotificationConfig: "GetTaskPushNotificationConfig",
  listTaskPushNotificationConfigs: "ListTaskPushNotificationConfigs",
  deleteTaskPushNotificationConfig: "DeleteTaskPushNotificationConfig",
} as const;

type Calls<T> = { readonly [K in keyof T]: (params?: object) => Promise<Untyped> };
export type A2A = Calls<typeof V03> & { getCard(): Promise<Untyped>; getAgentCard(): Promise<Untyped> };
export type A2AV1 = Calls<typeof V1> & { getAgentCard(): Promise<Untyped> };

export function makeA2A(connection: Connection, agentId: string): A2A {
  const getCard = (): Promise<Untyped> => cardOf(connection, agentId, {});
  return { ...calls(connection, agentId, V03, {}), getCard, getAgentCard: getCard };
}

export function makeA2AV1(connection: Connection, agentId: string): A2AV1 {
  const headers = { "a2a-version": "1.0" };
  return { ...calls(connection, agentId, V1, headers), getAgentCard: () => cardOf(connection, agentId, headers) };
}

function cardOf({ transport }: Connection, agentId: string, headers: Readonly<Record<string, string>>): Promise<Untyped> {
  const path = fillPath("/.well-known/:agentId/agent-card.json", { agentId });
  return inTheirWords(transport.json({ method: "GET", path, headers }));
}

function calls<T extends Readonly<Record<string, string>>>(
  connection: Connection,
  agentId: string,
  names: T,
  headers: Readonly<Record<string, string>>,
): Calls<T> {
  const path = fillPath("/a2a/:agentId", { agentId });
  const made = Object.entries(names).map(([name, method]) => [
    name,
    (params: Values = {}) => inTheirWords(call(connection, path, method, params, headers)),
  ]);
  return Object.fromEntries(made) as Calls<T>; // one for each name
}

async function call(
  { transport, streams }: Connection,
  path: string,
  method: string,
  params: Values,
  headers: Readonly<Record<string, string>>,
): Promise<Untyped> {
  const body = { jsonrpc: "2.0", id: crypto.randomUUID(), method: method.replace("~", ""), params };
  const outgoing = { method: "POST", path, body, headers } as const;
  if (method.endsWith("~"))
    return toResponse(await openStream(transport, { framing: "sse", outgoing, options: streams, endsSilently: true }));
  const reply = (await transport.json(outgoing)) as
    | { readonly result?: unknown; readonly error?: { readonly message?: string } }
    | undefined; // JSON-RPC
  if (!reply?.error) return reply?.result;
  throw new FermataClientError("UNPROCESSABLE", reply.error.message ?? "The call failed.", { status: 200, body: reply });
}
