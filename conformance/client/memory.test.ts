/** The official client keeps conversations: threads, messages, working memory, search, and turns that remember. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { connect, failureOf } from "./connect.ts";

const agentId = "toolAgent";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());

let count = 0;
/** A thread of its own for each test. */
function fresh(): { threadId: string; resourceId: string } {
  count++;
  return { threadId: `client-thread-${count}`, resourceId: `client-resource-${count}` };
}

/** The client's message types come from a package that is not installed here. */
function each(list: readonly unknown[], key: string): unknown[] {
  return list.map((item) => (item as Readonly<Record<string, unknown>>)[key]);
}

describe("turns", () => {
  test("the second turn on a thread is told of the first one", async () => {
    const { threadId, resourceId } = fresh();
    const agent = connect(server.url).client.getAgent(agentId);
    const memory = { thread: threadId, resource: resourceId };
    expect((await agent.generate("history one", { memory })).text).toBe("COUNT=1");
    expect((await agent.generate("history two", { memory })).text).toBe("COUNT=2");
  });

  test("a client that sends everything again doubles nothing", async () => {
    const { threadId, resourceId } = fresh();
    const { client } = connect(server.url);
    const memory = { thread: threadId, resource: resourceId };
    await client.getAgent(agentId).generate("hello", { memory });
    await client.getAgent(agentId).generate(
      [
        { role: "user", content: "hello" },
        { role: "assistant", content: "Echo: hello" },
        { role: "user", content: "bye" },
      ],
      { memory },
    );
    const { messages } = await client.getMemoryThread({ threadId, agentId }).listMessages();
    expect(each(messages, "role")).toEqual(["user", "assistant", "user", "assistant"]);
  });
});

describe("threads", () => {
  test("are created, shown, listed, changed and deleted", async () => {
    const { threadId, resourceId } = fresh();
    const { client } = connect(server.url);
    const created = await client.createMemoryThread({ agentId, threadId, resourceId, title: "One", metadata: { color: "red" } });
    expect(created).toMatchObject({ id: threadId, resourceId, title: "One", metadata: { color: "red" } });
    const thread = client.getMemoryThread({ threadId, agentId });
    expect(await thread.get()).toMatchObject({ id: threadId, title: "One" });
    const { threads, total } = await client.listMemoryThreads({ resourceId, agentId });
    expect([threads.map(({ id }) => id), total]).toEqual([[threadId], 1]);
    expect(await thread.update({ title: "Two", metadata: { color: "blue" }, resourceId })).toMatchObject({
      title: "Two",
      metadata: { color: "blue" },
    });
    expect(await thread.delete()).toEqual({ result: "Thread deleted" });
    expect(await failureOf(thread.get())).toMatchObject({ status: 404 });
  });

  test("are copied with their messages, and given to somebody else", async () => {
    const { threadId, resourceId } = fresh();
    const { client } = connect(server.url);
    await client.getAgent(agentId).generate("hello", { memory: { thread: threadId, resource: resourceId } });
    const thread = client.getMemoryThread({ threadId, agentId });
    const { thread: copy, clonedMessages } = await thread.clone({ title: "Copy" });
    expect([copy.title, copy.resourceId, clonedMessages.length]).toEqual(["Copy", resourceId, 2]);
    expect(await thread.transfer({ resourceId: `${resourceId}-new` })).toMatchObject({ id: threadId, resourceId: `${resourceId}-new` });
  });

  test("pages and orders are heard", async () => {
    const { resourceId } = fresh();
    const { client } = connect(server.url);
    for (const id of ["a", "b", "c"]) await client.createMemoryThread({ agentId, threadId: `${resourceId}-${id}`, resourceId });
    const page = await client.listMemoryThreads({
      resourceId,
      agentId,
      page: 1,
      perPage: 2,
      orderBy: { field: "createdAt", direction: "ASC" },
    });
    expect([page.threads.map(({ id }) => id), page.total, page.hasMore]).toEqual([[`${resourceId}-c`], 3, false]);
  });
});

describe("messages", () => {
  test("are saved, listed and deleted", async () => {
    const { threadId, resourceId } = fresh();
    const { client } = connect(server.url);
    await client.createMemoryThread({ agentId, threadId, resourceId });
    const message = (id: string, role: "user" | "assistant", content: string) => ({
      id,
      role,
      content,
      threadId,
      resourceId,
      createdAt: new Date(),
      type: "text" as const,
    });
    const saved = await client.saveMessageToMemory({
      agentId,
      messages: [message("m-1", "user", "hi"), message("m-2", "assistant", "hello")],
    });
    expect(each(saved.messages, "id")).toEqual(["m-1", "m-2"]);
    const thread = client.getMemoryThread({ threadId, agentId });
    expect(each((await thread.listMessages({ perPage: 1, orderBy: { field: "createdAt", direction: "DESC" } })).messages, "id")).toEqual([
      "m-2",
    ]);
    expect(await thread.deleteMessages(["m-1"])).toEqual({ success: true, message: "1 message deleted successfully" });
    expect(each((await thread.listMessages()).messages, "id")).toEqual(["m-2"]);
  });
});

describe("the rest of the memory", () => {
  test("says that it is there, and how it is set", async () => {
    const { client } = connect(server.url);
    expect(await client.getMemoryStatus(agentId)).toMatchObject({ result: true });
    expect(await client.getMemoryStatus("plainAgent")).toMatchObject({ result: false });
    expect(await client.getMemoryConfig({ agentId })).toMatchObject({ config: { lastMessages: 10 } });
  });

  test("keeps notes about the user", async () => {
    const { threadId, resourceId } = fresh();
    const { client } = connect(server.url);
    await client.createMemoryThread({ agentId, threadId, resourceId });
    await client.updateWorkingMemory({ agentId, threadId, resourceId, workingMemory: "# User\n- name: Bob" });
    expect(await client.getWorkingMemory({ agentId, threadId, resourceId })).toMatchObject({
      workingMemory: "# User\n- name: Bob",
      source: "resource",
      threadExists: true,
    });
  });

  test("finds what was said", async () => {
    const { threadId, resourceId } = fresh();
    const { client } = connect(server.url);
    await client.getAgent(agentId).generate("the purple elephant", { memory: { thread: threadId, resource: resourceId } });
    const found = await client.searchMemory({ agentId, resourceId, searchQuery: "purple elephant" });
    expect(found.results.map(({ role }) => role).sort()).toEqual(["assistant", "user"]);
  });
});

test("vectors are kept and found", async () => {
  const { client } = connect(server.url);
  expect((await client.listVectors()).vectors.map(({ name }) => name)).toEqual(["demoVector"]);
  expect((await client.listEmbedders()).embedders).toEqual([]);
  const vector = client.getVector("demoVector");
  await vector.createIndex({ indexName: "client", dimension: 2, metric: "cosine" });
  await vector.upsert({
    indexName: "client",
    vectors: [
      [1, 0],
      [0, 1],
    ],
    ids: ["x", "y"],
    metadata: [{ at: "x" }, { at: "y" }],
  });
  const found = await vector.query({ indexName: "client", queryVector: [1, 0.1], topK: 1 });
  expect(JSON.stringify(found)).toContain('"id":"x"');
  expect(JSON.stringify(await vector.getIndexes())).toContain("client");
  expect(await vector.details("client")).toMatchObject({ dimension: 2, count: 2 });
  expect(await vector.delete("client")).toMatchObject({ success: true });
});
