/** A model object that does what a test says, for what no server can be made to do. */
import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { NO_USAGE, textParts } from "../../src/testing/part-model.ts";

export { NO_USAGE, textParts };

export interface ScriptedModel extends LanguageModelV4 {
  /** The options of each call. */
  readonly calls: LanguageModelV4CallOptions[];
}

/** Each call takes the next answer: parts (then the stream ends, or stays open after the last when it is `"open"`), an error to reject with, or never. */
export type ScriptedAnswer = readonly (LanguageModelV4StreamPart | "open")[] | { readonly reject: unknown } | "never";

export function scriptedModel(...answers: ScriptedAnswer[]): ScriptedModel {
  const calls: LanguageModelV4CallOptions[] = [];
  async function next(options: LanguageModelV4CallOptions): Promise<readonly (LanguageModelV4StreamPart | "open")[]> {
    const answer = answers[calls.length];
    calls.push(options);
    if (answer === undefined) throw new Error("the script has no more answers");
    if (answer === "never") return new Promise(() => undefined);
    if ("reject" in answer) throw answer.reject;
    return answer;
  }
  return {
    specificationVersion: "v4",
    provider: "scripted",
    modelId: "scripted",
    supportedUrls: {},
    calls,
    async doGenerate(options) {
      await next(options);
      return { content: [{ type: "text", text: "ok" }], finishReason: { unified: "stop", raw: "stop" }, usage: NO_USAGE, warnings: [] };
    },
    async doStream(options) {
      const parts = await next(options);
      const stream = new ReadableStream<LanguageModelV4StreamPart>({
        start(controller) {
          for (const part of parts) if (part !== "open") controller.enqueue(part);
          if (!parts.includes("open")) controller.close();
        },
      });
      return { stream };
    },
  };
}

/** A provider's failure, in the AI SDK's structural form. Without other headers it asks to be tried again at once. */
export function apiError(statusCode: number, responseHeaders: Record<string, string> = { "retry-after-ms": "0" }): Error {
  const isRetryable = statusCode === 429 || statusCode >= 500;
  return Object.assign(new Error("secret-in-message"), {
    name: "AI_APICallError",
    url: "https://secret.example",
    statusCode,
    responseHeaders,
    isRetryable,
    responseBody: "secret",
  });
}
