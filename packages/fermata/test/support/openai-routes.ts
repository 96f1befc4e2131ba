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
};
