/** The official client follows a thread, writes to it, answers what waits on it, and stops its turn. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { isPeer, startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { connect, muteConsole } from "./connect.ts";

let server: RunningServer;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server?.[Symbol.asyncDispose]());
beforeEach(muteConsole);

const THREAD = { threadId: "client-thread", resourceId: "client-resource" };

test("what is sent to a thread, and the answer to its waiting call, arrive at the subscription", async () => {
  const agent = connect(server.url).client.getAgent("toolAgent");
  const subscription = await agent.subscribeToThread(THREAD);
  const chunks: { type: string; payload?: unknown }[] = [];
  const reading = subscription.processDataStream({ onChunk: (chunk) => void chunks.push(chunk) });
  const types = (): string[] => chunks.map(({ type }) => type);
  const sent = await agent.sendMessage({ ...THREAD, message: "hello sub" });
  expect(sent).toMatchObject({ accepted: true, signal: { contents: "hello sub" } });
  await expect.poll(types).toContain("finish");
  expect(types().slice(0, 3)).toEqual(["start", "data-user-message", "step-start"]);
  const queued = await agent.queueMessage({ ...THREAD, message: "delete it" });
  await expect.poll(types).toContain("tool-call-approval");
  const { runs } = await agent.listSuspendedRuns({ threadId: THREAD.threadId });
  const toolCallId = runs[0]?.toolCalls[0]?.toolCallId ?? "";
  expect(await agent.sendToolApproval({ ...THREAD, toolCallId, approved: true })).toMatchObject({
    accepted: true,
    runId: queued.runId,
    toolCallId,
  });
  await expect.poll(() => types().filter((type) => type === "finish")).toHaveLength(2);
  expect(types()).toContain("tool-result");
  expect(await subscription.abort()).toBe(false);
  subscription.unsubscribe();
  await reading.catch(() => undefined);
});

test.skipIf(isPeer)("stream-until-idle shows the turn", async () => {
  const agent = connect(server.url).client.getAgent("toolAgent");
  const types: string[] = [];
  await (
    await agent.streamUntilIdle("hi", { memory: { thread: "idle", resource: "client-resource" } })
  ).processDataStream({
    onChunk: ({ type }: { type: string }) => void types.push(type),
  });
  expect(types.at(-1)).toBe("finish");
});
