import { strictEqual } from "node:assert/strict";
import { createHandler, type HandlerOptions } from "../../adapters/handler.ts";
import { sameReply, toRequest, type Sides } from "./exchange.ts";
import { createKitApp } from "./kit-app.ts";
import { leftAlone, ownCases } from "./own-cases.ts";
import { MAX_BODY_BYTES, routeCases, surroundingCases, type RouteCase } from "./route-cases.ts";
import { StreamApp, streamLaws } from "./stream-laws.ts";

/** A server that listens. */
export interface StartedServer {
  /** For example `http://127.0.0.1:1234`. */
  readonly origin: string;
  close(): unknown;
}

/** Node's own runner and vitest both have these. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  test(name: string, body: () => Promise<void>): unknown;
  /** Runs once when the tests of the block that it stands in are over: `after` of `node:test`, `afterAll` of vitest. */
  after(body: () => Promise<void>): unknown;
}

export interface AdapterUnderTest {
  readonly name: string;
  /** Mounts the server with these options on an app of the framework's and listens on 127.0.0.1, on a free port. */
  start(options: HandlerOptions): Promise<StartedServer>;
  /** Cases to leave out, by a part of their name, each with its reason. */
  readonly skip?: Readonly<Record<string, string>>;
}

/**
 * The laws of an adapter: every route of the contract, routes of the app's own, bodies of every kind, limits, CORS, middleware, prefixes,
 * streams, disconnects and back-pressure. Most cases send one request to the adapter and to the handler itself and compare the replies.
 * @example
 * import { after, describe, test } from "node:test";
 * adapterSuite({ name: "h3", start }, { describe, test, after });
 */
export function adapterSuite(adapter: AdapterUnderTest, runner: TestRunner): void {
  const { describe, test } = runner;
  const run = (name: string, body: () => Promise<void>): void => {
    if (!Object.keys(adapter.skip ?? {}).some((part) => name.includes(part))) test(name, body);
  };
  describe(`adapter: ${adapter.name}`, () => {
    for (const { prefix, isBare, cases: choose } of SIDES) {
      describe(`below ${JSON.stringify(prefix)}${isBare ? ", with nothing around the routes" : ""}`, () => {
        const sides = lazily(runner, () => startSides(adapter, prefix, isBare));
        const all = [...choose(prefix), ...ownCases(prefix)];
        // A server that says nothing of other origins leaves to its host what a browser asks beforehand.
        const cases = isBare ? all.filter(({ ask }) => ask.method !== "OPTIONS") : all;
        for (const { name, ask } of cases) run(name, async () => void (await sameReply(await sides(), ask)));
        for (const one of leftAlone(prefix)) run(`leaves alone ${one.name}`, async () => isNotOurs(await sides(), one));
      });
    }
    describe("streams", () => {
      const app = new StreamApp();
      const server = lazily(runner, () => adapter.start({ mastra: app.mastra }));
      for (const { name, check } of streamLaws) {
        run(name, async () => {
          app.reset();
          await check(app, `${(await server()).origin}/api`);
        });
      }
    });
  });
}

/** Routes with nothing around them are reached by a way of their own, so they are asked on both ways. */
const SIDES = [
  { prefix: "/api", isBare: true, cases: routeCases },
  { prefix: "/deep/er", isBare: false, cases: surroundingCases },
  { prefix: "", isBare: false, cases: () => [] },
] as const;

type ClosableSides = Sides & { close(): Promise<void> };

async function startSides(adapter: AdapterUnderTest, prefix: string, isBare: boolean): Promise<ClosableSides> {
  const options = { prefix, openapiPath: "/openapi.json", bodyLimitOptions: { maxSize: MAX_BODY_BYTES } };
  const handler = createHandler({ mastra: createKitApp(isBare), ...options });
  const server = await adapter.start({ mastra: createKitApp(isBare), ...options });
  return { origin: server.origin, handler: (request) => handler(request), close: async () => void (await server.close()) };
}

/** Starts with the first test that needs it, so that a run of some tests starts what they need. */
function lazily<T extends { close(): unknown }>({ after }: TestRunner, start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  after(async () => {
    await (await started)?.close();
  });
  return () => (started ??= start());
}

async function isNotOurs({ origin }: Sides, { ask }: RouteCase): Promise<void> {
  const response = await fetch(toRequest(origin, ask));
  await response.text();
  strictEqual(response.status, 404);
}
