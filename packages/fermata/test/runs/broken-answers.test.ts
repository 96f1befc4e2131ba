/** What a killed process had said stays in the thread, is marked as broken off, and can be gone on from. */
import { expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { Memory } from "../../src/memory/memory.ts";
import { startChild } from "../support/child.ts";
import { onSharedData } from "../support/on-shared-data.ts";
import { turnModel } from "../support/turn-model.ts";
import { appServer, frames, postJson } from "../support/turn-servers.ts";

const CHILD = new URL("../support/turn-child.ts", import.meta.url);
const MEMORY = { thread: "t", resource: "anna" };

interface Shown {
  readonly role: string;
  readonly content: {
    readonly parts: readonly { readonly type: string; readonly text?: string }[];
    readonly metadata?: { readonly status?: string };
  };
}

onSharedData((open) => {
  test.each(["batched", "memory"] as const)("with turns kept as %s", { timeout: 60_000 }, async (durability) => {
    await using data = await open();
    const model = turnModel("Now then.");
    const agent = new Agent({ id: "a", name: "A", instructions: "", model, memory: new Memory() });
    await using here = await appServer({ agents: { a: agent }, storage: data.open() });
    await using child = startChild({ DATA_URL: data.url, DURABILITY: durability }, CHILD);
    const there = `${(await child.line("serving ")).slice("serving ".length)}/api`;
    const messages = async (): Promise<readonly Shown[]> => {
      const reply = await fetch(`${here.api}/memory/threads/t/messages?agentId=a&resourceId=anna`);
      return reply.ok ? ((await reply.json()) as { messages: Shown[] }).messages : [];
    };
    const said = (list: readonly Shown[]) =>
      list.map(({ role, content }) => [role, content.parts.map(({ text }) => text).join(""), content.metadata?.status]);
    const stream = await frames(`${there}/agents/a/stream`, postJson({ messages: "hi", memory: MEMORY, runId: "r" }));
    let frame = await stream.next();
    while (!frame?.includes('"two "')) frame = await stream.next();
    // What is in the log is there 25 ms later, what is in the thread alone a quarter of a second.
    const observer = durability === "batched" ? await frames(`${here.api}/runs/r/stream`) : undefined;
    let seen = await observer?.next();
    while (seen !== undefined && !seen.includes('"two "')) seen = await observer?.next();
    if (!observer) await expect.poll(async () => said(await messages())[1]?.[1], { timeout: 10_000 }).toBe("one two ");
    child.process.kill("SIGKILL");
    if (observer)
      await expect.poll(async () => said(await messages())[1], { timeout: 20_000 }).toEqual(["assistant", "one two ", "failed"]);
    const next = await fetch(`${here.api}/agents/a/generate`, postJson({ messages: "go on", memory: MEMORY }));
    expect(await next.json()).toMatchObject({ text: "Now then." });
    expect(said(await messages())).toEqual([
      ["user", "hi", undefined],
      ["assistant", "one two ", "failed"],
      ["user", "go on", undefined],
      ["assistant", "Now then.", "completed"],
    ]);
    expect(JSON.stringify(model.calls[0])).toContain("one two ");
  });
});
