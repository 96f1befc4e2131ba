/** The hooks in a real browser, against a live server. */
import { fileURLToPath } from "node:url";
import type { Browser, Locator, Page as Tab } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createApp, Journal } from "../client/app.ts";
import { startBrowser, whyNoBrowser } from "../support/browser.ts";
import { startPage, type PageServer } from "../support/page-server.ts";

const reason = whyNoBrowser();
if (reason !== undefined) console.warn(reason);

describe.skipIf(reason !== undefined)("in a browser", { timeout: 60_000 }, () => {
  const journal = new Journal();
  let server: PageServer;
  let browser: Browser;
  let tab: Tab;

  beforeAll(async () => {
    server = await startPage(createApp(journal), fileURLToPath(new URL("page.ts", import.meta.url)), () => ({ kind: "pass" }));
    browser = await startBrowser();
  }, 60_000);
  beforeEach(async () => {
    tab = await browser.newPage();
    tab.setDefaultTimeout(10_000);
    await tab.goto(server.proxy.origin);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  /** Whether the text is there within ten seconds. */
  const shown = (part: Locator, text: string): Promise<boolean> =>
    part
      .getByText(text, { exact: true })
      .first()
      .waitFor()
      .then(() => true);

  async function send(part: Locator, text: string): Promise<void> {
    await part.locator("input").fill(text);
    await part.getByText("Send").click();
  }

  test("a conversation shows the question and the answer", async () => {
    const guide = tab.locator("#guide");
    await send(guide, "hello page");
    expect(await shown(guide, "assistant: hello page")).toBe(true);
    await send(guide, "how many messages");
    expect(await shown(guide, "assistant: 2")).toBe(true);
    expect(await guide.locator("li").allTextContents()).toEqual([
      "user: hello page",
      "assistant: hello page",
      "user: how many messages",
      "assistant: 2",
    ]);
    expect(await shown(guide.locator("output"), "idle")).toBe(true);
  });

  test("words are shown while the answer is given, and stop stops it", async () => {
    const guide = tab.locator("#guide");
    journal.gate.close();
    await send(guide, "held one two three");
    expect(await shown(guide, "assistant: one")).toBe(true);
    expect(await shown(guide.locator("output"), "streaming")).toBe(true);
    await guide.locator(".stop").click();
    expect(await shown(guide.locator("output"), "idle")).toBe(true);
    journal.gate.open();
  });

  test("a call is approved, and the answer goes on", async () => {
    const guide = tab.locator("#guide");
    await send(guide, 'call refund {"order":"A-1"}');
    expect(await shown(guide.locator("output"), "waiting")).toBe(true);
    await guide.getByText("Approve refund").click();
    expect(await shown(guide, 'assistant: told [{"refunded":"A-1"}]')).toBe(true);
  });

  test("a tool that asks is answered", async () => {
    const guide = tab.locator("#guide");
    await send(guide, 'call ask {"question":"Which colour?"}');
    await guide.getByText("Answer ask").click();
    expect(await shown(guide, 'assistant: told [{"answer":"blue"}]')).toBe(true);
  });

  test("a tool of the page shows what it gave", async () => {
    const guide = tab.locator("#guide");
    await send(guide, "call location");
    expect(await shown(guide, 'assistant: told ["/"]')).toBe(true);
    expect(await shown(guide, 'location result "/"')).toBe(true);
  });

  test("a thread is there again after a reload", async () => {
    await send(tab.locator("#keeper"), "remember me");
    expect(await shown(tab.locator("#keeper"), "assistant: remember me")).toBe(true);
    expect(await shown(tab.locator("#keeper output"), "idle")).toBe(true);
    await tab.reload();
    expect(await shown(tab.locator("#keeper"), "assistant: remember me")).toBe(true);
    expect(await shown(tab.locator("#thread output"), "2")).toBe(true);
    await tab.getByText("Rename").click();
    expect(await shown(tab.locator("#thread h2"), "Renamed")).toBe(true);
  });

  test("an answer that is being given goes on in a page that is loaded anew: once, and whole", async () => {
    const keeper = tab.locator("#keeper");
    const before = journal.calls.length;
    journal.gate.close();
    await send(keeper, "held four five six");
    expect(await shown(keeper, "assistant: four")).toBe(true);
    await tab.reload();
    expect(await shown(keeper, "assistant: four")).toBe(true);
    expect(await shown(keeper.locator("output"), "streaming")).toBe(true);
    journal.gate.open();
    expect(await shown(keeper, "assistant: four five six")).toBe(true);
    expect(await shown(keeper.locator("output"), "idle")).toBe(true);
    expect((await keeper.locator("li").allTextContents()).slice(-2)).toEqual(["user: held four five six", "assistant: four five six"]);
    expect(journal.calls.length - before).toBe(1);
  });

  test("a call that waits for approval waits in a page that is loaded anew", async () => {
    const keeper = tab.locator("#keeper");
    await send(keeper, 'call refund {"order":"A-2"}');
    expect(await shown(keeper.locator("output"), "waiting")).toBe(true);
    await tab.reload();
    expect(await shown(keeper.locator("output"), "waiting")).toBe(true);
    await keeper.getByText("Approve refund").click();
    expect(await shown(keeper, 'assistant: told [{"refunded":"A-2"}]')).toBe(true);
  });

  test("a run of a workflow is there again after a reload, goes on, and is forgotten when told", async () => {
    const article = tab.locator("#article");
    await article.getByText("Start").click();
    expect(await shown(article.locator("output"), "suspended")).toBe(true);
    await tab.reload();
    expect(await shown(article.locator("output"), "suspended")).toBe(true);
    expect(await shown(article, '{"review":{"question":"Publish \\"of a page\\"?"}}')).toBe(true);
    await article.getByText("Publish", { exact: true }).click();
    expect(await shown(article.locator("output"), "success")).toBe(true);
    await tab.reload();
    expect(await shown(article, '{"result":{"published":"of a page"}}')).toBe(true);
    await article.getByText("Forget").click();
    expect(await shown(article.locator("output"), "none")).toBe(true);
  });

  test("a run that is at work goes on while the page is loaded anew", async () => {
    const article = tab.locator("#article");
    journal.gate.close();
    await article.getByText("Start").click();
    expect(await shown(article.locator("output"), "suspended")).toBe(true);
    await article.getByText("Publish", { exact: true }).click();
    expect(await shown(article.locator("output"), "running")).toBe(true);
    await expect.poll(() => journal.published.at(-1)).toBe("of a page");
    await tab.reload();
    expect(await shown(article.locator("output"), "running")).toBe(true);
    journal.gate.open();
    expect(await shown(article.locator("output"), "success")).toBe(true);
  });
});
