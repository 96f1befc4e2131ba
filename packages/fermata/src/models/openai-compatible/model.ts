/** A language model behind any OpenAI-compatible chat-completions endpoint. */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  SharedV4Warning,
} from "@ai-sdk/provider";
import { isAbort } from "../../errors.ts";
import { ApiCallError, messageOfBody, toApiError } from "./api-error.ts";
import { toPartStream } from "./part-stream.ts";
import { ChunkReader } from "./chunks.ts";
import { toWireRequest } from "./request.ts";
import { isWireAnswer } from "./wire.ts";

export interface OpenAiCompatibleSettings {
  /** The provider's id, for example `groq`. Options under that name in `providerOptions` are added to the request body. */
  readonly provider: string;
  readonly modelId: string;
  /** Up to and without `/chat/completions`. */
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** Failures of a call reject with (or, inside a stream, come as an `error` part of) the structural form of the AI SDK's `APICallError`. */
export function createOpenAiCompatibleModel(settings: OpenAiCompatibleSettings): LanguageModelV4 {
  const baseUrl = settings.baseUrl.replace(/\/+$/, "");
  const target = { provider: settings.provider, modelId: settings.modelId, baseUrl: `${baseUrl}/` };
  return {
    specificationVersion: "v4",
    provider: `${settings.provider}.chat`,
    modelId: settings.modelId,
    supportedUrls: { "image/*": [/^https?:\/\//] },
    async doGenerate(options) {
      const { body, warnings } = toWireRequest(target, options, false);
      const call = await send(settings, baseUrl, body, options);
      return toGenerateResult(call, await readAnswer(call, options.abortSignal), warnings);
    },
    async doStream(options) {
      const { body, warnings } = toWireRequest(target, options, true);
      const call = await send(settings, baseUrl, body, options);
      return toStreamResult(call, warnings, options);
    },
  };
}

/** A request that was answered with a success status. */
interface Call {
  readonly url: string;
  readonly body: Record<string, unknown>;
  readonly response: Response;
}

async function send(
  settings: OpenAiCompatibleSettings,
  baseUrl: string,
  body: Record<string, unknown>,
  options: LanguageModelV4CallOptions,
): Promise<Call> {
  const url = `${baseUrl}/chat/completions`;
  const headers = new Headers({ "content-type": "application/json" });
  if (settings.apiKey) headers.set("authorization", `Bearer ${settings.apiKey}`);
  for (const source of [settings.headers, options.headers]) {
    for (const name in source) if (source[name] !== undefined) headers.set(name, source[name]);
  }
  let response: Response;
  try {
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    response = await (settings.fetch ?? fetch)(url, options.abortSignal === undefined ? init : { ...init, signal: options.abortSignal });
  } catch (error) {
    throw connectionError(error, url, body, options.abortSignal);
  }
  if (!response.ok) throw await toApiError(response, url, body);
  return { url, body, response };
}

/** Aborts stay what they are; anything else that `fetch` or its body throws is a connection that may work the next time. */
function connectionError(error: unknown, url: string, body: unknown, signal: AbortSignal | undefined): unknown {
  if (isAbort(error) || signal?.aborted) return signal?.aborted ? signal.reason : error;
  return new ApiCallError({ message: "The connection to the provider failed.", url, requestBody: body, isRetryable: true, cause: error });
}

async function readAnswer(call: Call, signal: AbortSignal | undefined): Promise<unknown> {
  const { url, body, response } = call;
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw connectionError(error, url, body, signal);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ApiCallError({ message: "The provider's answer is not JSON.", url, requestBody: body, isRetryable: false, cause });
  }
}

/** Reads a whole answer with the same code as a stream: it is a stream of one chunk. */
function readWhole(call: Call, answer: unknown): LanguageModelV4StreamPart[] {
  if (!isWireAnswer(answer) || answer.error || !answer.choices?.[0]) {
    const message = messageOfBody(answer) ?? "The provider's answer has no choices.";
    throw new ApiCallError({ message, url: call.url, requestBody: call.body, isRetryable: false, data: answer });
  }
  const parts: LanguageModelV4StreamPart[] = [];
  const reader = new ChunkReader((part) => parts.push(part));
  reader.read(answer);
  reader.finish();
  return parts;
}

function toGenerateResult(call: Call, answer: unknown, warnings: SharedV4Warning[]): LanguageModelV4GenerateResult {
  const content: LanguageModelV4Content[] = [];
  const result: LanguageModelV4GenerateResult = {
    content,
    finishReason: { unified: "other", raw: undefined },
    usage: {
      inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: undefined, text: undefined, reasoning: undefined },
    },
    request: { body: call.body },
    warnings,
  };
  const response: NonNullable<LanguageModelV4GenerateResult["response"]> = {
    headers: Object.fromEntries(call.response.headers),
    body: answer,
  };
  for (const part of readWhole(call, answer)) {
    if (part.type === "response-metadata") {
      const { type: _, ...metadata } = part;
      Object.assign(response, metadata);
    } else if (part.type === "text-delta") content.push({ type: "text", text: part.delta });
    else if (part.type === "reasoning-delta") content.push({ type: "reasoning", text: part.delta });
    else if (part.type === "tool-call" || part.type === "source") content.push(part);
    else if (part.type === "finish") {
      result.finishReason = part.finishReason;
      result.usage = part.usage;
    }
  }
  result.response = response;
  return result;
}

async function toStreamResult(
  call: Call,
  warnings: SharedV4Warning[],
  options: LanguageModelV4CallOptions,
): Promise<LanguageModelV4StreamResult> {
  const { response } = call;
  const result = { request: { body: call.body }, response: { headers: Object.fromEntries(response.headers) } };
  const start: LanguageModelV4StreamPart = { type: "stream-start", warnings };
  if (response.headers.get("content-type")?.includes("application/json") || response.body === null) {
    // A server that does not stream.
    const parts = [start, ...readWhole(call, await readAnswer(call, options.abortSignal))];
    const stream = new ReadableStream<LanguageModelV4StreamPart>({
      start(controller) {
        for (const part of parts) controller.enqueue(part);
        controller.close();
      },
    });
    return { ...result, stream };
  }
  const stream = toPartStream(response.body, {
    start,
    includeRaw: options.includeRawChunks === true,
    signal: options.abortSignal,
    toError: (facts) => new ApiCallError({ url: call.url, requestBody: call.body, ...facts }),
    toConnectionError: (error) => connectionError(error, call.url, call.body, options.abortSignal),
  });
  return { ...result, stream };
}
