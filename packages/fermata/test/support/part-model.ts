/** The models of `fermata/testing`, for the library's own tests. */
export { echoModel, lastText, partModel, textModel, toolCallParts, toolModel } from "../../src/testing/part-model.ts";
export type { Part, PartAnswer } from "../../src/testing/part-model.ts";
