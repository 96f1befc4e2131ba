/** Schedules of agents over HTTP: a turn each time, once over all processes, on a thread or by itself. */
import { expect, test, vi } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { Memory } from "../../src/memory/memory.ts";
import { lastText, partModel } from "../support/part-model.ts";
import { onSharedData } from "../support/on-shared-data.ts";
import { textParts } from "../support/scripted-model.ts";
import { appServer, postJson, type SharedData, type TurnServer } from "../support/turn-servers.ts";

const YEARLY = { agentId: "a", cron: "0 0 1 1 *", prompt: "Say the time." };

/** A server whose agent writes down what it was told. */
async function server(data: SharedData, told: string[], durability: "batched" | "memory" = "batched"): Promise<TurnServer> {
  const model = partModel(({ prompt }) => {
    told.push(lastText(prompt));
    return textParts("noon");
  });
  const agent = new Agent({ id: "a", name: "A", instructions: "", model, memory: new Memory(), durability });
  return appServer({ agents: { a: agent }, storage: data.open() });
}

async function json<T = Record<string, unknown>>(url: string, init?: RequestInit): Promise<T> {
  return (await (await fetch(url, init)).json()) as T;
}

interface Triggers {
  readonly triggers: readonly { readonly runId: string; readonly scheduledFireAt: number; readonly run?: { readonly status: string } }[];
}

onSharedData((open) => {
  test("a schedule is shown as it was made, found by what it says, and changed", async () => {
    await using data = await open();
    await using one = await server(data, []);
    const url = `${one.api}/schedules`;
    const given = { ...YEARLY, name: "clock", threadId: "t", resourceId: "anna", signalType: "clock", attributes: { zone: "UTC" } };
    const made = await json<{ id: string }>(url, postJson(given));
    expect(made).toMatchObject({ ...given, status: "active", requestContext: {} });
    expect(made).not.toHaveProperty("workflowId");
    expect(await json(`${url}/${made.id}`)).toEqual(made);
    for (const query of ["agentId=a", "name=clock", "threadId=t", "resourceId=anna"])
      expect(await json(`${url}?${query}`)).toEqual({ schedules: [made] });
    for (const query of ["agentId=b", "name=x", "threadId=x", "workflowId=w"])
      expect(await json(`${url}?${query}`)).toEqual({ schedules: [] });
    const changed = await json(`${url}/${made.id}`, { ...postJson({ prompt: "Say it again." }), method: "PATCH" });
    expect(changed).toMatchObject({ ...given, prompt: "Say it again." });
  });

  test("run by hand it tells the thread's agent, as a message or between tags, and its history has the turn", async () => {
    await using data = await open();
    const told: string[] = [];
    await using one = await server(data, told);
    const url = `${one.api}/schedules`;
    const thread = { threadId: "t", resourceId: "anna" };
    for (const more of [{}, { signalType: "clock", attributes: { zone: "UTC" } }]) {
      const { id } = await json<{ id: string }>(url, postJson({ ...YEARLY, ...thread, ...more }));
      const { claimId } = await json<{ claimId: string }>(`${url}/${id}/run`, { method: "POST" });
      await vi.waitFor(
        async () =>
          expect((await json<Triggers>(`${url}/${id}/triggers`)).triggers).toMatchObject([{ runId: claimId, run: { status: "success" } }]),
        { timeout: 10_000 },
      );
      expect(await json(`${url}/${id}`)).toMatchObject({ lastRunId: claimId, lastRun: { status: "success" } });
      expect(await json(`${one.api}/runs/${claimId}`)).toMatchObject({ kind: "agent", name: "a", threadId: "t", text: "noon" });
    }
    expect(told).toEqual(["Say the time.", '<clock zone="UTC">Say the time.</clock>']);
    const { messages } = await json<{ messages: { role: string }[] }>(`${one.api}/memory/threads/t/messages?agentId=a&resourceId=anna`);
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
  });

  test.each(["batched", "memory"] as const)(
    "of two servers one begins the turn of each time, with turns kept as %s",
    { timeout: 40_000 },
    async (durability) => {
      await using data = await open();
      const told: string[] = [];
      const both = [await server(data, told, durability), await server(data, told, durability)] as const;
      const url = `${both[0].api}/schedules`;
      const { id } = await json<{ id: string }>(url, postJson({ ...YEARLY, cron: "* * * * * *" }));
      both[1].mastra.scheduler.look();
      await vi.waitFor(() => expect(told.length).toBeGreaterThanOrEqual(3), { timeout: 20_000 });
      await json(`${url}/${id}/pause`, { method: "POST" });
      for (const { mastra } of both) await mastra.scheduler.stop();
      const { triggers } = await json<Triggers>(`${url}/${id}/triggers`);
      await expect.poll(() => told.length).toBe(triggers.length);
      expect(new Set(triggers.map(({ scheduledFireAt }) => scheduledFireAt)).size).toBe(triggers.length);
      for (const one of both) await one[Symbol.asyncDispose]();
    },
  );
});
