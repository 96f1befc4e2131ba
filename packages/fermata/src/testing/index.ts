/** `fermata/testing`: laws for adapters, models and recorded traffic for tests, and a server to test against. */
export { adapterSuite } from "./adapter/adapter-suite.ts";
export type { AdapterUnderTest, StartedServer, TestRunner } from "./adapter/adapter-suite.ts";
export { openCassette } from "./cassette.ts";
export type { Cassette, CassetteOptions } from "./cassette.ts";
export { echoModel, lastText, partModel, streamOf, textModel, textParts, toolCallParts, toolModel } from "./part-model.ts";
export type { Part, PartAnswer, PartModelExtras } from "./part-model.ts";
export { scriptedModel } from "./scripted-model.ts";
export type { ScriptedModel, Turn } from "./scripted-model.ts";
export { startTestServer } from "./test-server.ts";
export type { TestServer } from "./test-server.ts";
