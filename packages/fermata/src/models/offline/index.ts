/**
 * The offline model: a deterministic stand-in for a language model that needs no network and no key.
 * It routes a message to a tool, fills the arguments, and answers from tool results and from the conversation. It is not a language
 * model and says so: in its provider and model id, in a warning on every call, and whenever it cannot help.
 */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamResult,
} from "@ai-sdk/provider";
import { createPlan } from "./plan.ts";
import { createReply, partsOf, toStream } from "./reply.ts";

export const OFFLINE_PROVIDER = "fermata.offline";
export const OFFLINE_MODEL_ID = "offline";

export interface OfflineModelOptions {
  /** What "today" and "tomorrow" are counted from. Default: the system's clock. */
  readonly now?: () => Date;
}

/** Creates the offline model. Calls reject with the signal's reason when `abortSignal` fires, and for nothing else. */
export function createOfflineModel({ now = () => new Date() }: OfflineModelOptions = {}): LanguageModelV4 {
  const reply = (options: LanguageModelV4CallOptions): ReturnType<typeof createReply> => {
    options.abortSignal?.throwIfAborted();
    const at = now();
    return createReply(createPlan(options, at), options.prompt, at, OFFLINE_MODEL_ID);
  };
  return {
    specificationVersion: "v4",
    provider: OFFLINE_PROVIDER,
    modelId: OFFLINE_MODEL_ID,
    supportedUrls: {},
    async doGenerate(options): Promise<LanguageModelV4GenerateResult> {
      const { content, finishReason, usage, warnings, response } = reply(options);
      return { content, finishReason, usage, warnings, response };
    },
    async doStream(options): Promise<LanguageModelV4StreamResult> {
      return { stream: toStream(partsOf(reply(options)), options.abortSignal) };
    },
  };
}
