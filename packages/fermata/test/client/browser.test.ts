/** The client in a real browser, bundled as a page bundles it, against a live server. */
import { fileURLToPath } from "node:url";
import type { Browser, Page as Tab } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser, whyNoBrowser } from "../support/browser.ts";
import type { Fault, SeenRequest } from "../support/faulty-proxy.ts";
import { startPage, type PageServer } from "../support/page-server.ts";
import { createApp, Journal } from "./app.ts";
import type { Page } from "./page.ts";

const reason = whyNoBrowser();
if (reason !== undefined) console.warn(reason);

const PASS: Fault = { kind: "pass" };

describe.skipIf(reason !== undefined)("in a browser", { timeout: 60_000 }, () => {
  const journal = new Journal();
  let plan: (request: SeenRequest) => Fault = () => PASS;
  let server: PageServer;
  let browser: Browser;
  let tab: Tab;

  beforeAll(async () => {
    server = await startPage(createApp(journal), fileURLToPath(new URL("page.ts", import.meta.url)), (request) => plan(request));
    browser = await startBrowser();
    tab = await browser.newPage();
    tab.setDefaultTimeout(10_000);
    await tab.goto(server.proxy.origin);
    await tab.waitForFunction("globalThis.page !== undefined");
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  /** Calls a function of the page. */
  const call = (name: keyof Page, argument?: string): Promise<unknown> =>
    tab.evaluate(([key, given]) => (globalThis as unknown as { page: Record<string, (given?: string) => unknown> }).page[key]!(given), [
      name,
      argument,
    ] as const);

  test("a question is answered", async () => {
    expect(await call("chat", "hello from a page")).toBe("hello from a page");
  });

  test("an answer streams word by word", async () => {
    expect(await call("stream", "one two three")).toEqual(["one ", "two ", "three"]);
  });

  test.each<Fault>([
    { kind: "cut", after: "text-delta" },
    { kind: "hang", after: "text-delta" },
  ])("a stream that meets a $kind in the middle goes on where it broke, and the model is asked once", async (fault) => {
    let count = 0;
    plan = () => {
      if (count++ === 0) return fault;
      journal.gate.open();
      return PASS;
    };
    journal.gate.close();
    const before = journal.calls.length;
    expect(await call("stream", "held one two three")).toEqual(["one ", "two ", "three"]);
    expect([journal.calls.length - before, count]).toEqual([1, 2]);
    plan = () => PASS;
  });

  test("a client tool runs in the page", async () => {
    expect(await call("clientTool")).toBe('told [{"path":"/"}]');
  });

  test("a workflow that waits is resumed", async () => {
    expect(await call("workflow")).toEqual(["suspended", "workflow-finish", { published: "from a page" }]);
  });

  test("a failure has its code", async () => {
    expect(await call("failure")).toBe("NOT_FOUND");
  });
});
