/** A run as a response: its chunks become items and events, in the order in which they happen. */
import type { AgentChunk } from "../../../agents/chunks.ts";
import type { Run } from "../../../agents/loop/run.ts";
import type { RunEncoder } from "../../run-encoder.ts";
import { argumentsText } from "../call-arguments.ts";
import type { WaitingChunk } from "../waiting.ts";
import { approvalId } from "./approvals.ts";
import { addCallOutput, FunctionCallItem, ServerCallItem, type CallEnd, type CallItem } from "./call-items.ts";
import { MessageItem, Output, ReasoningItem, type OpenItem } from "./output.ts";
import { responseValue, type ResponseFacts, type ResponseState, type ResponseValue } from "./response.ts";

export interface ResponseRunOptions extends ResponseFacts {
  readonly agentId: string;
  /** The names of the caller's own functions. */
  readonly callerTools: ReadonlySet<string>;
  /** How calls that run here are shown: as the reference does, or as calls of a server of tools. */
  readonly ownCalls: "function_call" | "mcp_call";
  /** Without it nothing is written, and only the result counts. */
  readonly streams: boolean;
}

type ErrorChunk = Extract<AgentChunk, { type: "error" }>;

export class ResponseRun implements RunEncoder {
  readonly #options: ResponseRunOptions;
  readonly #createdAt = Date.now();
  readonly #output: Output;
  #frames = "";
  #sequence = 0;
  #begun = false;
  #step = 0;
  readonly #open = new Map<string, OpenItem>();
  #message: { readonly key: string; readonly item: MessageItem; readonly head: string } | undefined;
  readonly #calls = new Map<string, CallItem>();
  readonly #unsettled = new Set<CallItem>();
  #callsCaller = false;
  readonly #waiting: WaitingChunk[] = [];
  #failure: ErrorChunk["payload"]["error"] | undefined;
  #tripped = false;
  #result: ResponseValue | undefined;

  constructor(options: ResponseRunOptions) {
    this.#options = options;
    this.#output = new Output(options.id, (type, members) => this.#tell(type, members));
  }

  encode(chunk: AgentChunk): string | undefined {
    this.#begin();
    if ("payload" in chunk) this.#take(chunk);
    return this.#taken();
  }

  end(run: Run | undefined): string {
    this.#begin();
    const response = this.result(run);
    const type =
      response.status === "completed" || response.status === "failed" || response.status === "incomplete" ? response.status : "failed";
    this.#tell(`response.${type}`, { response });
    return this.#taken() ?? "";
  }

  /** The response as it is when the run has ended. */
  result(run: Run | undefined): ResponseValue {
    return (this.#result ??= this.#finish(run));
  }

  #finish(run: Run | undefined): ResponseValue {
    const end = this.#outcome(run);
    for (const item of this.#open.values()) item.close(end.status === "completed" ? "completed" : "incomplete");
    for (const item of this.#unsettled) item.close("incomplete");
    this.#open.clear();
    this.#unsettled.clear();
    this.#requestApprovals();
    const providerMetadata = run?.steps.at(-1)?.metadata.providerMetadata;
    return this.#value({
      ...end,
      output: this.#output.items,
      ...(run && { usage: run.usage }),
      ...(providerMetadata !== undefined && { providerMetadata }),
    });
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    if (!this.#options.streams) return;
    const response = this.#value({ status: "in_progress", output: [] });
    this.#tell("response.created", { response });
    this.#tell("response.in_progress", { response });
  }

  #take(chunk: Extract<AgentChunk, { payload: unknown }>): void {
    switch (chunk.type) {
      case "text-delta":
        return this.#text(chunk.payload.id, chunk.payload.text);
      case "text-end":
        return this.#close(`t:${chunk.payload.id}`);
      case "reasoning-delta":
        return this.#reasoning(chunk.payload.id, chunk.payload.text);
      case "reasoning-end":
        return this.#close(`r:${chunk.payload.id}`);
      case "step-start":
        this.#closeAll(); // a provider may use an id again in a later step
        this.#step++;
        return;
      case "tool-call-input-streaming-start":
        this.#callItem(chunk.payload.toolCallId, chunk.payload.toolName);
        return;
      case "tool-call-delta":
        return this.#calls.get(this.#callKey(chunk.payload.toolCallId))?.grow(chunk.payload.argsTextDelta);
      case "tool-call":
        return this.#callItem(chunk.payload.toolCallId, chunk.payload.toolName).complete(argumentsText(chunk.payload.args));
      default:
        return this.#takeRare(chunk);
    }
  }

  #takeRare(chunk: Extract<AgentChunk, { payload: unknown }>): void {
    switch (chunk.type) {
      case "tool-result":
        return this.#settle(
          chunk.payload,
          chunk.payload.isError ? { error: outputText(chunk.payload.result) } : { output: outputText(chunk.payload.result) },
        );
      case "tool-error":
        return this.#settle(chunk.payload, { error: chunk.payload.error.message });
      case "tool-output-denied":
        return this.#settle(chunk.payload, { error: chunk.payload.approval.reason ?? "The call was not approved." });
      case "source":
        if (chunk.payload.url !== undefined) this.#message?.item.cite(chunk.payload.title ?? chunk.payload.url, chunk.payload.url);
        return;
      case "file":
        return this.#file(chunk.payload.mimeType, chunk.payload.base64);
      case "tool-call-approval":
      case "tool-call-suspended":
        this.#waiting.push(chunk);
        return;
      case "tripwire":
        this.#tripped = chunk.payload.retry !== true;
        return;
      case "error":
        this.#failure ??= chunk.payload.error;
        this.#result = undefined; // it may come after the run has ended, when the response cannot be stored
        return;
      default:
        return;
    }
  }

  /** The hot path: one event per delta, of which nothing changes but the text and the number. */
  #text(id: string, text: string): void {
    const key = `t:${id}`;
    if (this.#message?.key !== key || !this.#open.has(key)) {
      const item = new MessageItem(this.#output);
      const { place } = item;
      const head = `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","item_id":${JSON.stringify(place.id)},"output_index":${place.index},"content_index":0,"logprobs":[],"delta":`;
      this.#open.set(key, item);
      this.#message = { key, item, head };
    }
    this.#message.item.grow(text);
    if (this.#options.streams) this.#frames += `${this.#message.head}${JSON.stringify(text)},"sequence_number":${++this.#sequence}}\n\n`;
  }

  #reasoning(id: string, text: string): void {
    const key = `r:${id}`;
    let item = this.#open.get(key);
    if (!item) this.#open.set(key, (item = new ReasoningItem(this.#output)));
    item.grow(text);
  }

  #close(key: string): void {
    this.#open.get(key)?.close("completed");
    this.#open.delete(key);
  }

  #closeAll(): void {
    for (const item of this.#open.values()) item.close("completed");
    this.#open.clear();
  }

  #callItem(id: string, name: string): CallItem {
    const key = this.#callKey(id);
    const known = this.#calls.get(key);
    if (known) return known;
    const isCallers = this.#options.callerTools.has(name);
    if (isCallers) this.#callsCaller = true;
    const asFunction = isCallers || this.#options.ownCalls === "function_call";
    const item = asFunction ? new FunctionCallItem(this.#output, id, name) : new ServerCallItem(this.#output, this.#options.agentId, name);
    this.#calls.set(key, item);
    this.#unsettled.add(item);
    return item;
  }

  #callKey(id: string): string {
    return `${this.#step}:${id}`;
  }

  #settle(
    { toolCallId, toolName, args }: { readonly toolCallId: string; readonly toolName: string; readonly args: unknown },
    end: CallEnd,
  ): void {
    const known = this.#calls.get(this.#callKey(toolCallId));
    if (known) {
      this.#unsettled.delete(known);
      return known.settle(end);
    }
    // The call was shown by the response that it waited in.
    if (this.#options.ownCalls === "function_call") return addCallOutput(this.#output, toolCallId, end.output ?? end.error ?? "");
    const item = new ServerCallItem(this.#output, this.#options.agentId, toolName);
    item.complete(argumentsText(args));
    item.settle(end);
  }

  #file(mimeType: string, base64: string): void {
    if (!mimeType.startsWith("image/")) return;
    const place = this.#output.place("ig");
    const item = { id: place.id, type: "image_generation_call", status: "completed", result: base64 };
    this.#output.add(place, { ...item, status: "in_progress", result: null });
    this.#output.done(place, item);
  }

  /** A call that waits for somebody can be answered with its request's id. */
  #requestApprovals(): void {
    for (const { type, runId, payload } of this.#waiting.splice(0)) {
      if (type !== "tool-call-approval") continue;
      const place = { ...this.#output.place("mcpr"), id: approvalId({ runId, toolCallId: payload.toolCallId }) };
      const item = {
        id: place.id,
        type: "mcp_approval_request",
        server_label: this.#options.agentId,
        name: payload.toolName,
        arguments: argumentsText(payload.args),
      };
      this.#output.add(place, item);
      this.#output.done(place, item);
    }
  }

  #outcome(run: Run | undefined): Pick<ResponseState, "status" | "error" | "incompleteReason" | "completedAt"> {
    const completedAt = Date.now();
    if (this.#failure || !run) return { status: "failed", error: responseError(this.#failure) };
    if (run.status === "aborted") return { status: "cancelled" };
    const [waiting] = this.#waiting;
    if (waiting)
      return { status: "incomplete", incompleteReason: waiting.type === "tool-call-approval" ? "approval_required" : "input_required" };
    if (this.#tripped) return { status: "incomplete", incompleteReason: "content_filter" };
    const reason = run.steps.at(-1)?.finishReason;
    if (reason === "length") return { status: "incomplete", incompleteReason: "max_output_tokens" };
    if (reason === "content-filter") return { status: "incomplete", incompleteReason: "content_filter" };
    // The agent had no steps left to use what its tools said.
    if (reason === "tool-calls" && !this.#callsCaller) return { status: "incomplete", incompleteReason: "max_steps" };
    return { status: "completed", completedAt };
  }

  #value(state: ResponseState): ResponseValue {
    return responseValue(this.#options, this.#createdAt, state);
  }

  #tell(type: string, members: Readonly<Record<string, unknown>>): void {
    if (!this.#options.streams) return;
    this.#frames += `event: ${type}\ndata: ${JSON.stringify({ type, ...members, sequence_number: ++this.#sequence })}\n\n`;
  }

  #taken(): string | undefined {
    const frames = this.#frames;
    this.#frames = "";
    return frames === "" ? undefined : frames;
  }
}

function outputText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** OpenAI's clients know few codes; the message says the rest. */
function responseError(failure: ErrorChunk["payload"]["error"] | undefined): { code: string; message: string } {
  const { code, message } = failure ?? { code: "INTERNAL", message: "The run failed." };
  if (code === "RATE_LIMITED") return { code: "rate_limit_exceeded", message };
  return { code: code === "VALIDATION_FAILED" ? "invalid_prompt" : "server_error", message };
}
