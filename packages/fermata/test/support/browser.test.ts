import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { startBrowser, whyNoBrowser } from "./browser.ts";

const reason = whyNoBrowser();
if (reason !== undefined) console.warn(reason);

test.skipIf(reason !== undefined)("a page of a server on this machine is shown", { timeout: 60_000 }, async () => {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/html").end("<title>fermata</title><p>held</p>");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
    expect([await page.title(), await page.textContent("p")]).toEqual(["fermata", "held"]);
  } finally {
    await browser.close();
    server.close();
  }
});
