/** A run as a chat completion: the answer's text and the calls that are the caller's to run. What the agent's own tools do stays inside. */
import type { AgentChunk } from "../../../agents/chunks.ts";
import type { Run } from "../../../agents/loop/run.ts";
import { FermataError } from "../../../errors.ts";
import type { ModelUsage } from "../../../models/types.ts";
import type { RunEncoder } from "../../run-encoder.ts";
import { argumentsText, unixSeconds } from "../call-arguments.ts";
import { chunkFailure } from "../failure.ts";
import { waitingMessage, type WaitingChunk } from "../waiting.ts";

export interface CompletionOptions {
  /** As the caller named it. */
  readonly model: string;
  readonly agentId: string;
  readonly runId: string;
  /** The names of the caller's own functions. */
  readonly callerTools: ReadonlySet<string>;
  readonly includeUsage: boolean;
}

type FinishReason = "stop" | "length" | "tool_calls" | "content_filter";

interface Call {
  readonly id: string;
  readonly index: number;
  readonly name: string;
  arguments: string;
}

/** Collects the answer, and writes its chunks. */
export class Completion implements RunEncoder {
  readonly #options: CompletionOptions;
  readonly #id: string;
  readonly #created = unixSeconds(Date.now());
  readonly #head: string;
  readonly #tail: string;
  readonly #textHead: string;
  #text = "";
  #reasoning = "";
  readonly #calls = new Map<string, Call>();
  /** The step under way: a provider may use the id of a call again in a later one. */
  #step = 0;
  #waiting: WaitingChunk | undefined;
  #failed = false;
  #tripped = false;

  constructor(options: CompletionOptions) {
    const { model, runId, includeUsage } = options;
    this.#options = options;
    this.#id = `chatcmpl-${runId}`;
    this.#head = `data: {"id":${JSON.stringify(this.#id)},"object":"chat.completion.chunk","created":${this.#created},"model":${JSON.stringify(model)},"choices":`;
    this.#tail = `${includeUsage ? ',"usage":null' : ""}}\n\n`;
    this.#textHead = `${this.#head}[{"index":0,"delta":{"content":`;
  }

  encode(chunk: AgentChunk): string | undefined {
    if (!("payload" in chunk)) return undefined;
    switch (chunk.type) {
      case "start":
        return this.#frame({ role: "assistant", content: "", refusal: null });
      case "text-delta":
        this.#text += chunk.payload.text;
        return `${this.#textHead}${JSON.stringify(chunk.payload.text)}},"logprobs":null,"finish_reason":null}]${this.#tail}`;
      case "reasoning-delta":
        this.#reasoning += chunk.payload.text;
        return this.#frame({ reasoning_content: chunk.payload.text });
      case "step-start":
        this.#step++;
        return undefined;
      case "tool-call-input-streaming-start":
        return this.#openCall(chunk.payload.toolCallId, chunk.payload.toolName);
      case "tool-call-delta":
        return this.#growCall(chunk.payload.toolCallId, chunk.payload.argsTextDelta);
      case "tool-call":
        return chunk.payload.providerExecuted
          ? undefined
          : this.#completeCall(chunk.payload.toolCallId, chunk.payload.toolName, argumentsText(chunk.payload.args));
      case "tool-call-approval":
      case "tool-call-suspended":
        this.#waiting ??= chunk;
        return undefined;
      case "tripwire":
        this.#tripped = chunk.payload.retry !== true;
        return undefined;
      case "error":
        if (this.#failed) return undefined;
        this.#failed = true;
        return `data: ${JSON.stringify({ error: chunkFailure(chunk.payload.error) })}\n\n`;
      default:
        return undefined;
    }
  }

  end(run: Run | undefined): string {
    if (this.#failed || run === undefined || run.status === "aborted") return "data: [DONE]\n\n";
    if (this.#waiting) {
      const message = waitingMessage(this.#options.agentId, this.#waiting);
      return `data: ${JSON.stringify({ error: { message, type: "invalid_request_error", code: "approval_required", param: null } })}\n\ndata: [DONE]\n\n`;
    }
    const last = `${this.#head}${JSON.stringify([{ index: 0, delta: {}, logprobs: null, finish_reason: this.#finishReason(run) }])}${this.#tail}`;
    const usage = this.#options.includeUsage ? `${this.#head}[],"usage":${JSON.stringify(chatUsage(run.usage))}}\n\n` : "";
    return `${last}${usage}data: [DONE]\n\n`;
  }

  /** The whole answer. @throws FermataError when the run waits for somebody. */
  result(run: Run) {
    if (this.#waiting) {
      throw new FermataError("UNPROCESSABLE", waitingMessage(this.#options.agentId, this.#waiting), {
        details: { param: null, code: "approval_required" },
      });
    }
    const calls = [...this.#calls.values()];
    return {
      id: this.#id,
      object: "chat.completion" as const,
      created: this.#created,
      model: this.#options.model,
      choices: [
        {
          index: 0,
          message: {
            role: "assistant" as const,
            content: this.#text === "" && calls.length > 0 ? null : this.#text,
            refusal: null,
            annotations: [],
            ...(this.#reasoning !== "" && { reasoning_content: this.#reasoning }),
            ...(calls.length > 0 && {
              tool_calls: calls.map(({ id, name, arguments: text }) => ({
                id,
                type: "function" as const,
                function: { name, arguments: text },
              })),
            }),
          },
          logprobs: null,
          finish_reason: this.#finishReason(run),
        },
      ],
      usage: chatUsage(run.usage),
    };
  }

  #finishReason(run: Run): FinishReason {
    if (this.#tripped) return "content_filter";
    if (this.#calls.size > 0) return "tool_calls";
    switch (run.steps.at(-1)?.finishReason) {
      case "length":
      case "tool-calls": // the agent had no steps left to use what its tools said
        return "length";
      case "content-filter":
      case "tripwire":
        return "content_filter";
      default:
        return "stop";
    }
  }

  #openCall(id: string, name: string): string | undefined {
    if (!this.#options.callerTools.has(name)) return undefined;
    const call = { id, index: this.#calls.size, name, arguments: "" };
    this.#calls.set(this.#key(id), call);
    return this.#frame({ tool_calls: [{ index: call.index, id, type: "function", function: { name, arguments: "" } }] });
  }

  #growCall(id: string, delta: string): string | undefined {
    const call = this.#calls.get(this.#key(id));
    if (!call || delta === "") return undefined;
    call.arguments += delta;
    return this.#frame({ tool_calls: [{ index: call.index, function: { arguments: delta } }] });
  }

  /** What of the call has not been shown while it was written. */
  #completeCall(id: string, name: string, text: string): string | undefined {
    const known = this.#calls.get(this.#key(id));
    if (known) return known.arguments === "" ? this.#growCall(id, text) : undefined;
    const opened = this.#openCall(id, name);
    return opened === undefined ? undefined : opened + (this.#growCall(id, text) ?? "");
  }

  #key(id: string): string {
    return `${this.#step}:${id}`;
  }

  #frame(delta: object): string {
    return `${this.#head}${JSON.stringify([{ index: 0, delta, logprobs: null, finish_reason: null }])}${this.#tail}`;
  }
}

function chatUsage({ inputTokens = 0, outputTokens = 0, totalTokens, reasoningTokens = 0, cachedInputTokens = 0 }: ModelUsage) {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: totalTokens ?? inputTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
