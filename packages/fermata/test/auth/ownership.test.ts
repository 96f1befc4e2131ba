/**
 * I-2: with authentication and nothing else configured, what somebody has is reached by nobody else. Generated from the route table: each route is
 * asked for the owner's things by another user, by a user of the same name in another tenant, and by one who reaches everything in another tenant.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { createHandler, type ServerHandler } from "../../src/adapters/handler.ts";
import { routeTable } from "../../src/server/route-table.ts";
import { guardedApp, SECRET } from "../support/guarded-app.ts";

interface Asked {
  readonly status: number;
  readonly text: string;
}

interface World {
  ask(method: string, path: string, token: string, body?: object): Promise<Asked>;
  readonly params: Readonly<Record<string, string>>;
  readonly waitingRunId: string;
}

/** What the world's replies have in them, whichever it is. */
interface Made {
  readonly id: string;
  readonly runId: string;
  readonly resourceId: string;
  readonly output: readonly { readonly id: string }[];
}

const json = ({ text }: Asked): Made => JSON.parse(text) as Made;

/** What is there at once of a stream that stays open. */
async function beginning(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return new TextDecoder().decode(first?.value);
}

async function world(): Promise<World> {
  const handler: ServerHandler = createHandler({ mastra: guardedApp() });
  const ask: World["ask"] = async (method, path, token, body) => {
    const response = await handler(
      new Request(`http://host/api${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
        ...(body && { body: JSON.stringify(body) }),
      }),
    );
    return { status: response.status, text: path.includes("/threads/subscribe") ? await beginning(response) : await response.text() };
  };
  const own = async (method: string, path: string, body?: object): Promise<Asked> => {
    const answer = await ask(method, path, "owner", body);
    expect(answer).toMatchObject({ status: 200 });
    return answer;
  };
  await own("POST", "/memory/threads?agentId=a", { threadId: "t", resourceId: "owner", title: SECRET, metadata: { note: SECRET } });
  const message = { id: "m", role: "user", content: SECRET, threadId: "t", resourceId: "owner" };
  await own("POST", "/memory/save-messages?agentId=a", { messages: [message] });
  await own("POST", "/memory/threads/t/working-memory?agentId=a", { workingMemory: SECRET, resourceId: "owner" });
  const waiting = json(await own("POST", "/agents/a/generate", { messages: "guarded", memory: { thread: "w" } }));
  const items = [{ role: "user", content: SECRET }];
  const conversation = json(await own("POST", "/v1/conversations", { metadata: { note: SECRET }, items }));
  const response = json(await own("POST", "/v1/responses", { model: "a", input: SECRET, conversation: conversation.id, store: true }));
  await own("POST", "/workflows/w/start-async?runId=r", { inputData: SECRET });
  await own("POST", "/schedules", { id: "s", workflowId: "w", cron: "0 0 1 1 *", inputData: SECRET });
  for (const [path, body] of [
    ["create-index", { indexName: "docs", dimension: 1 }],
    ["upsert", { indexName: "docs", vectors: [[1]], ids: ["d"], metadata: [{ note: SECRET }] }],
  ] as const)
    expect((await ask("POST", `/vector/v/${path}`, "operator", body)).status).toBe(200);
  return {
    ask,
    waitingRunId: waiting.runId,
    params: {
      agentId: "a",
      toolId: "free",
      workflowId: "w",
      runId: "r",
      scheduleId: "s",
      threadId: "t",
      conversationId: conversation.id,
      responseId: response.id,
      itemId: response.output[0]?.id ?? "",
      vectorName: "v",
      indexName: "docs",
      model: "a",
      roleId: "viewer",
    },
  };
}

/** What every route can be given: it takes what it knows. */
const bodyFor = ({ params, waitingRunId }: World, id: string): object => ({
  runId: id.startsWith("agents.") ? waitingRunId : "r",
  messages: id.endsWith("aveMessages")
    ? [{ id: "m", role: "user", content: "planted", threadId: "t", resourceId: "owner" }]
    : "what was said?",
  memory: { thread: "t", resource: "owner" },
  threadId: "t",
  resourceId: "owner",
  requestContext: { mastra__resourceId: "owner", user: { id: "owner" } },
  resumeData: {},
  data: {},
  title: "changed",
  metadata: {},
  messageIds: ["m"],
  workingMemory: "planted",
  step: "waits",
  inputData: "planted",
  items: [{ role: "user", content: "planted" }],
  model: "a",
  ...(id === "responses.create" ? { previous_response_id: params.responseId, input: "what was said?" } : {}),
  email: "e",
  password: "p",
  indexName: "docs",
  queryVector: [1],
  vectors: [[1]],
  dimension: 1,
});

const QUERY = "agentId=a&resourceId=owner&runId=r&searchQuery=secret&threadId=t";

/** What the owner sees of what is the owner's. */
async function snapshot({ ask, params }: World): Promise<unknown> {
  const paths = [
    "/memory/threads?agentId=a",
    "/memory/threads/t/messages?agentId=a",
    "/memory/threads/t/working-memory?agentId=a",
    `/v1/conversations/${params.conversationId}/items`,
    `/v1/responses/${params.responseId}`,
    "/workflows/w/runs",
    "/schedules",
    "/agents/a/suspended-runs",
  ];
  const vectors = await ask("POST", "/vector/v/query", "operator", { indexName: "docs", queryVector: [1] });
  return [...(await Promise.all(paths.map(async (path) => (await ask("GET", path, "owner")).text))), vectors.text];
}

/** Routes about one thing that somebody owns: whoever does not own it is told that it is not there, or not theirs. */
const isAboutOne = (path: string): boolean => /:(threadId|runId|scheduleId|conversationId|responseId)/.test(path);
/** A note that nobody has made yet can be looked at in one's own place: it is empty. */
const EMPTY_FOR_STRANGERS: ReadonlySet<string> = new Set(["memory.getWorkingMemory", "memory.updateWorkingMemory"]);
/** Gone is gone, whoever asks. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(["workflows.deleteRun"]);

describe.each(["stranger", "foreigner", "foreign operator"])("%s", (who) => {
  test.each(routeTable().map(({ id, spec }) => [id, spec] as const))("reaches nothing of the owner's by %s", async (id, spec) => {
    const at = await world();
    const before = await snapshot(at);
    const path = spec.path.replace(/:(\w+)/g, (_all, name: string) => encodeURIComponent(at.params[name] ?? "x"));
    const { status, text } = await at.ask(spec.method, `${path}?${QUERY}`, who, spec.body ? bodyFor(at, id) : undefined);
    expect(text).not.toContain(SECRET);
    expect(await snapshot(at)).toEqual(before);
    expect(status).toBeLessThan(500);
    if (isAboutOne(spec.path) && !EMPTY_FOR_STRANGERS.has(id) && !SAYS_NOTHING.has(id)) expect([403, 404]).toContain(status);
  });
});

describe("the owner", () => {
  let at: World;
  beforeAll(async () => {
    at = await world();
  });

  test("finds it all there", async () => {
    const texts = (await snapshot(at)) as string[];
    expect(texts.map((text) => text.includes(SECRET) || text.includes(at.waitingRunId))).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
    ]);
  });

  test("is the user, whatever resource the request names", async () => {
    const thread = json(await at.ask("POST", "/memory/threads?agentId=a", "stranger", { threadId: "n", resourceId: "owner" }));
    expect(thread.resourceId).toBe("stranger");
  });
});

test("who has resources:* by name reaches what all users of the tenant have", async () => {
  const at = await world();
  expect((await at.ask("GET", "/memory/threads/t?agentId=a&resourceId=owner", "operator")).text).toContain(SECRET);
  expect((await at.ask("GET", "/workflows/w/runs", "operator")).text).toContain(SECRET);
});
