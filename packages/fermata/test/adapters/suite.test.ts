// oxlint-disable-next-line import/no-unassigned-import -- Nest wants it first
import "reflect-metadata";
import { afterAll, describe, test } from "vitest";
import { adapterSuite } from "../../src/testing/adapter/adapter-suite.ts";
import { adapters } from "./start.ts";

for (const adapter of adapters) adapterSuite(adapter, { describe, test, after: afterAll });
