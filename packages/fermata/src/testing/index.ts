/** `fermata/testing`: laws for adapters, and models for tests. */
export { adapterSuite } from "./adapter/adapter-suite.ts";
export type { AdapterUnderTest, StartedServer, TestRunner } from "./adapter/adapter-suite.ts";
export { echoModel, lastText, partModel, streamOf, textModel, textParts, toolCallParts, toolModel } from "./part-model.ts";
export type { Part, PartAnswer, PartModelExtras } from "./part-model.ts";
export { scriptedModel } from "./scripted-model.ts";
export type { ScriptedModel, Turn } from "./scripted-model.ts";
