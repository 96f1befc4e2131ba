import type { LanguageModelV4, LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { partModel, textParts, type PartAnswer } from "./part-model.ts";

/** An answer: a text, parts, or a function of what the model was asked. */
export type Turn = string | PartAnswer | ((options: LanguageModelV4CallOptions) => PartAnswer | string | Promise<PartAnswer | string>);

/** A model with its memory: `calls` has what each call was asked. */
export interface ScriptedModel extends LanguageModelV4 {
  /** What each call was asked. */
  readonly calls: LanguageModelV4CallOptions[];
}

/**
 * A model that answers its calls in turn. Asked for more turns than it has, it fails.
 * @example
 * const model = scriptedModel(toolCallParts("weather", { city: "Oslo" }), "It is cold in Oslo.");
 */
export function scriptedModel(...turns: Turn[]): ScriptedModel {
  const calls: LanguageModelV4CallOptions[] = [];
  const model = partModel(async (options, index) => {
    calls.push(options);
    const turn = turns[index];
    if (turn === undefined) throw new Error("the model has no more turns");
    const answer = typeof turn === "function" ? await turn(options) : turn;
    return typeof answer === "string" ? textParts(answer) : answer;
  });
  return Object.assign(model, { calls });
}
