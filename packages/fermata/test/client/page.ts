/** What the browser runs in `browser.test.ts`: the client as a page bundles it. */
import { createClient, createClientTool } from "../../src/client/index.ts";
import type { App } from "./app.ts";

const client = createClient<App>({ baseUrl: "", idleTimeoutMs: 1_000, reconnectDelayMs: 10 });

/** The words of a stream as they come. */
async function stream(message: string): Promise<string[]> {
  const words: string[] = [];
  for await (const part of await client.agent("plain").stream(message)) if (part.type === "text-delta") words.push(part.payload.text);
  return words;
}

async function clientTool(): Promise<string> {
  const location = createClientTool({ description: "The page's path", execute: () => ({ path: window.location.pathname }) });
  let text = "";
  const answer = await client.agent("plain").stream("call location", { clientTools: { location } });
  await answer.processDataStream({ onChunk: (part) => void (text += part.type === "text-delta" ? part.payload.text : "") });
  return text;
}

async function workflow(): Promise<unknown[]> {
  const run = await client.workflow("article").createRun();
  const waiting = await run.startAsync({ inputData: { text: "from a page" } });
  const types = [];
  for await (const { type } of await run.resumeStream({ step: "review", resumeData: { ok: true } })) types.push(type);
  return [waiting.status, types.at(-1), (await run.get()).result];
}

const page = {
  chat: async (message: string) => (await client.agent("plain").generate(message)).text,
  stream,
  clientTool,
  workflow,
  failure: () => client.agents.get({ params: { agentId: "nobody" } }).catch((error: unknown) => (error as { code: string }).code),
};

export type Page = typeof page;
(globalThis as unknown as { page: Page }).page = page;
