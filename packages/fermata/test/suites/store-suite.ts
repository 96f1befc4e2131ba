/** What every store does. Written once, run over each of them. */
import { describe } from "vitest";
import type { Store } from "../../src/storage/store.ts";
import { apiKeyCases } from "./store/api-keys.ts";
import { idempotencyCases } from "./store/idempotency.ts";
import { isolationCases } from "./store/isolation.ts";
import { leaseCases } from "./store/leases.ts";
import { limitCases } from "./store/limits.ts";
import { messageCases } from "./store/messages.ts";
import { resourceCases } from "./store/resources.ts";
import { runCases } from "./store/runs.ts";
import { scheduleCases } from "./store/schedules.ts";
import { suspensionCases } from "./store/suspensions.ts";
import { threadCases } from "./store/threads.ts";

/** @param store gives the opened store; it is called inside of tests. */
export function storeSuite(name: string, store: () => Store): void {
  describe(`${name}: threads`, () => {
    threadCases(store);
  });
  describe(`${name}: messages`, () => {
    messageCases(store);
  });
  describe(`${name}: isolation`, () => {
    isolationCases(store);
  });
  describe(`${name}: resources`, () => {
    resourceCases(store);
  });
  describe(`${name}: suspensions`, () => {
    suspensionCases(store);
  });
  describe(`${name}: runs`, () => {
    runCases(store);
  });
  describe(`${name}: leases`, () => {
    leaseCases(store);
  });
  describe(`${name}: limits`, () => {
    limitCases(store);
  });
  describe(`${name}: schedules`, () => {
    scheduleCases(store);
  });
  describe(`${name}: API keys`, () => {
    apiKeyCases(store);
  });
  describe(`${name}: idempotency`, () => {
    idempotencyCases(store);
  });
}
