import { expect, test } from "vitest";
import { Agent } from "../../src/agents/agent.ts";
import { Mastra } from "../../src/mastra.ts";
import { scriptedModel } from "../../src/testing/scripted-model.ts";
import { startTestServer } from "../../src/testing/test-server.ts";

test("a test server answers below its prefix, and is gone after its block", async () => {
  let api: string;
  {
    const guide = new Agent({ id: "guide", name: "Guide", instructions: "", model: scriptedModel("Hello.") });
    await using server = await startTestServer(new Mastra({ logger: false, agents: { guide } }), { prefix: "/ai" });
    ({ api } = server);
    expect(api).toBe(`${server.origin}/ai`);
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{"messages":"Hi"}' };
    expect(await (await fetch(`${api}/agents/guide/generate`, init)).json()).toMatchObject({ text: "Hello." });
  }
  await expect(fetch(`${api}/agents`)).rejects.toThrow("fetch failed");
});
