/** I-2: stored responses and conversations are reached by nobody else; what is foreign looks unknown. Generated from the route table. */
import { beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import type { Principal } from "../../src/context/principal.ts";
import { Mastra } from "../../src/mastra.ts";
import { Memory } from "../../src/memory/memory.ts";
import { createRoutes } from "../../src/server/server.ts";
import { routeTable } from "../../src/server/route-table.ts";
import { MemoryStore } from "../../src/storage/memory/memory-store.ts";
import { createTool } from "../../src/tools/tool.ts";
import { lastText, partModel, toolCallParts } from "../support/part-model.ts";
import { textParts } from "../support/scripted-model.ts";

const SECRET = "the-owner's-secret";
const WHO = {
  owner: { tenant: "A", subject: "r", scopes: [] },
  "same tenant, other user": { tenant: "A", subject: "s", scopes: [] },
  "other tenant, same name": { tenant: "B", subject: "r", scopes: [] },
} as const satisfies Record<string, Principal>;
type Who = keyof typeof WHO;
const STRANGERS = ["same tenant, other user", "other tenant, same name"] as const;

const guarded = createTool({ id: "guarded", description: "Needs approval", requireApproval: true, execute: async () => "done" });
const model = partModel(({ prompt }) =>
  prompt.at(-1)?.role === "tool" ? textParts("done") : lastText(prompt) === "guarded" ? toolCallParts("guarded", {}) : textParts(SECRET),
);

const storage = new MemoryStore();
const memory = new Memory({ storage });
const agent = new Agent({ id: "a", name: "A", instructions: "", model, memory, tools: { guarded } });
const routes = createRoutes({
  mastra: new Mastra({ logger: false, agents: { a: agent }, storage }),
  principalOf: (request) => WHO[request.headers.get("x-who") as Who],
});

async function ask(id: string, who: Who, params: Record<string, string> = {}, body?: object): Promise<{ status: number; text: string }> {
  const route = routes.find((candidate) => candidate.id === id);
  if (!route) throw new Error(`There is no route ${id}.`);
  const { method } = route.spec;
  const request = new Request("http://test.example/", {
    method,
    headers: { "x-who": who, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const response = await route.handle({ request, params, query: {} });
  return { status: response.status, text: await response.text() };
}

let conversationId = "";
let response: { id: string; output: readonly { id: string; type: string }[] };
let approval: string;
beforeAll(async () => {
  const conversation = await ask(
    "conversations.create",
    "owner",
    {},
    { metadata: { note: SECRET }, items: [{ role: "user", content: SECRET }] },
  );
  conversationId = (JSON.parse(conversation.text) as { id: string }).id;
  const created = await ask(
    "responses.create",
    "owner",
    {},
    { model: "a", input: `${SECRET} again`, conversation: conversationId, store: true },
  );
  response = JSON.parse(created.text) as typeof response;
  const waiting = JSON.parse(
    (await ask("responses.create", "owner", {}, { model: "a", input: "guarded", store: false })).text,
  ) as typeof response;
  approval = waiting.output.find(({ type }) => type === "mcp_approval_request")?.id ?? "";
});

const BODIES: Readonly<Record<string, object>> = {
  "conversations.update": { metadata: {} },
  "conversations.createItems": { items: [{ role: "user", content: "x" }] },
};
const ids = routeTable().flatMap(({ id, spec }) => (spec.openai && spec.params && id !== "chat.getModel" ? [id] : []));

const stored = async (): Promise<unknown> => [
  await memory.for(WHO.owner).listThreads(),
  await memory.for(WHO.owner).recall({ threadId: conversationId }),
];

describe.each(STRANGERS)("%s", (who) => {
  test.each(ids)("finds nothing at %s, and changes nothing", async (id) => {
    const before = await stored();
    const params = { responseId: response.id, conversationId, itemId: response.output[0]?.id ?? "" };
    const { status, text } = await ask(id, who, params, BODIES[id]);
    expect(status).toBe(404);
    expect(text).not.toContain(SECRET);
    expect(await stored()).toEqual(before);
  });

  test.each<[name: string, body: () => object, status: number]>([
    ["a previous response", () => ({ previous_response_id: response.id, input: "x" }), 404],
    ["a conversation", () => ({ conversation: conversationId, input: "x" }), 404],
    ["a conversation by its older name", () => ({ conversation_id: conversationId, input: "x" }), 404],
    ["an item", () => ({ input: [{ type: "item_reference", id: response.output[0]?.id }] }), 400],
  ])("cannot go on from %s", async (_name, body, status) => {
    const before = await stored();
    const reply = await ask("responses.create", who, {}, { model: "a", ...body() });
    expect(reply.status).toBe(status);
    expect(reply.text).not.toContain(SECRET);
    expect(await stored()).toEqual(before);
  });

  test("gets a conversation of its own under the same id", async () => {
    const reply = await ask("conversations.create", who, {}, { conversation_id: conversationId });
    expect(reply.status).toBe(200);
    expect(reply.text).not.toContain(SECRET);
    expect((await ask("conversations.listItems", who, { conversationId })).text).not.toContain(SECRET);
    expect((await ask("conversations.delete", who, { conversationId })).status).toBe(200);
    expect((await ask("conversations.listItems", "owner", { conversationId })).text).toContain(SECRET);
  });

  test("cannot approve what waits for somebody else", async () => {
    const reply = await ask(
      "responses.create",
      who,
      {},
      { model: "a", input: [{ type: "mcp_approval_response", approval_request_id: approval, approve: true }] },
    );
    expect(reply.status).toBe(404);
  });
});

test("the owner finds all of it", async () => {
  const params = { responseId: response.id, conversationId };
  for (const id of ["responses.get", "responses.listInputItems", "conversations.listItems", "conversations.get"]) {
    const { status, text } = await ask(id, "owner", params);
    expect({ id, status, secret: text.includes(SECRET) }).toEqual({ id, status: 200, secret: true });
  }
  const { text } = await ask(
    "responses.create",
    "owner",
    {},
    { model: "a", input: [{ type: "mcp_approval_response", approval_request_id: approval, approve: true }] },
  );
  expect(text).toContain("done");
});
