/** What can be asked of the routes for OpenAI's clients: all that they can answer, failures included. */
import { call, type Ask, type Seen } from "./call-route.ts";

const TEXTS = [
  "hello",
  "fail",
  "break",
  "tool:fails",
  "tool:writes",
  "tool:guarded",
  "tool:asks",
  "tool:nothing",
  "tool:agent-child",
  "tool:agent-broken",
];
const AGENTS = ["main", "parent", "broken", "tripped", "tripped-late", "throwing"];
const FORMAT = { type: "json_schema", name: "a", strict: true, schema: { type: "object" } };

async function all(path: string, bodies: readonly object[], ask: typeof call, server: Parameters<Ask>[0]): Promise<Seen[]> {
  const replies: Seen[] = [];
  for (const body of bodies) for (const stream of [false, true]) replies.push(await ask(server, "POST", path, { ...body, stream }));
  return replies;
}

const chats = AGENTS.flatMap((model) => TEXTS.map((content) => ({ model, messages: [{ role: "user", content }] })));
const responses = AGENTS.flatMap((agent) =>
  TEXTS.flatMap((input) => [
    { model: agent, input },
    { agent_id: agent, input },
  ]),
);

/** The id of a stored response of the agent. */
async function stored(server: Parameters<Ask>[0], input: string): Promise<string> {
  const { body } = await call(server, "POST", "/v1/responses", { agent_id: "main", input, store: true });
  return (JSON.parse(body) as { id: string }).id;
}

/** A conversation with a turn in it. */
async function conversation(server: Parameters<Ask>[0]): Promise<string> {
  const { body } = await call(server, "POST", "/v1/conversations", {
    agent_id: "main",
    metadata: { a: "b" },
    items: [{ role: "user", content: "hi" }],
  });
  const { id } = JSON.parse(body) as { id: string };
  await call(server, "POST", "/v1/responses", { agent_id: "main", input: "tool:fails", conversation: id });
  return id;
}

const onStored =
  (method: string, path = "", body?: object): Ask =>
  async (server) => {
    const replies: Seen[] = [];
    for (const input of ["hello", "tool:fails", "tool:guarded"])
      replies.push(await call(server, method, `/v1/responses/${await stored(server, input)}${path}`, body));
    return [...replies, await call(server, method, `/v1/responses/unknown${path}`, body)];
  };

const onConversation =
  (method: string, path = "", body?: object): Ask =>
  async (server) => [
    await call(server, method, `/v1/conversations/${await conversation(server)}${path}`, body),
    await call(server, method, `/v1/conversations/unknown${path}`, body),
  ];

const onItem =
  (method: string): Ask =>
  async (server) => {
    const id = await conversation(server);
    const { body } = await call(server, "GET", `/v1/conversations/${id}/items`);
    const { first_id } = JSON.parse(body) as { first_id: string };
    return [
      await call(server, method, `/v1/conversations/${id}/items/${first_id}`),
      await call(server, method, `/v1/conversations/${id}/items/unknown`),
    ];
  };

/** Routes that refuse everything until the server has what they are for: nobody can sign in where there is no authentication. */
export const REFUSES_ALL: ReadonlySet<string> = new Set([
  "responses.cancel",
  "apiKeys.list",
  "apiKeys.create",
  "apiKeys.revoke",
  "auth.ssoLogin",
  "auth.ssoCallback",
  "auth.refresh",
  "auth.signIn",
  "auth.signUp",
]);

export const OPENAI_ROUTES: Readonly<Record<string, Ask>> = {
  "chat.create": (server) =>
    all(
      "/v1/chat/completions",
      [
        ...chats,
        { model: "main", messages: [{ role: "user", content: "json" }], response_format: { type: "json_schema", json_schema: FORMAT } },
        { model: "main", messages: [{ role: "user", content: "hello" }], response_format: { type: "json_schema", json_schema: FORMAT } },
        { model: "unknown", messages: [{ role: "user", content: "hello" }] },
        { model: "main", messages: [] },
        { model: "main", messages: [{ role: "user", content: "hello" }], logit_bias: { "1": 1 } },
      ],
      call,
      server,
    ),
  "chat.listModels": async (server) => [await call(server, "GET", "/v1/models")],
  "chat.getModel": async (server) => [await call(server, "GET", "/v1/models/main"), await call(server, "GET", "/v1/models/unknown")],
  "responses.create": (server) =>
    all(
      "/v1/responses",
      [
        ...responses,
        { model: "main", input: "json", text: { format: FORMAT } },
        { model: "main", input: "hello", text: { format: FORMAT } },
        { model: "unknown", input: "hello" },
        { agent_id: "unknown", input: "hello" },
        { agent_id: "main", input: [{ type: "computer_call" }] },
        { input: "hello" },
      ],
      call,
      server,
    ),
  "responses.get": onStored("GET"),
  "responses.delete": onStored("DELETE"),
  "responses.cancel": onStored("POST", "/cancel"),
  "responses.listInputItems": onStored("GET", "/input_items"),
  "conversations.create": async (server) => [
    await call(server, "POST", "/v1/conversations", { agent_id: "main", items: [{ role: "user", content: "hi" }] }),
    await call(server, "POST", "/v1/conversations", { agent_id: "parent" }),
    await call(server, "POST", "/v1/conversations", { agent_id: "unknown" }),
    await call(server, "POST", "/v1/conversations", { agent_id: "main", items: [{ role: "system", content: "hi" }] }),
  ],
  "conversations.get": onConversation("GET"),
  "conversations.update": onConversation("POST", "", { metadata: { c: "d" } }),
  "conversations.delete": onConversation("DELETE"),
  "conversations.listItems": onConversation("GET", "/items"),
  "conversations.createItems": onConversation("POST", "/items", { items: [{ role: "user", content: "more" }] }),
  "conversations.getItem": onItem("GET"),
  "conversations.deleteItem": onItem("DELETE"),
};
