/** A run as a response: its chunks become items and events, in the order in which they happen. */
import type { AgentChunk, ChunkError } from "../../../agents/chunks.ts";
import type { Run } from "../../../agents/loop/run.ts";
import type { RunStatus } from "../../../agents/loop/state.ts";
import type { ModelUsage } from "../../../models/types.ts";
import type { RunEncoder } from "../../run-encoder.ts";
import { argumentsText } from "../call-arguments.ts";
import { chunkFailure } from "../failure.ts";
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
  /** Epoch milliseconds. Default now. */
  readonly createdAt?: number;
  /** The number of the last event that the reader has: it and those before it are not written again. */
  readonly startingAfter?: number;
}

/** How a run ended, as a response tells it. */
export interface ResponseEnding {
  readonly status: RunStatus;
  readonly finishReason?: string | undefined;
  readonly usage?: ModelUsage | undefined;
  readonly providerMetadata?: unknown;
  /** Epoch milliseconds. Default now. */
  readonly completedAt?: number | undefined;
}

interface OpenMessage {
  /** Of the text, as the model names it. */
  readonly id: string;
  readonly item: MessageItem;
  /** The event of a delta up to its text. */
  readonly head: string;
}

export class ResponseRun implements RunEncoder {
  readonly #options: ResponseRunOptions;
  readonly #createdAt: number;
  /** Where the run itself is not at hand. */
  #ending: ResponseEnding | undefined;
  readonly #output: Output;
  #frames = "";
  #sequence = 0;
  /** The number of the last event that the reader has. */
  readonly #known: number;
  #begun = false;
  #step = 0;
  readonly #open = new Map<string, OpenItem>();
  /** The one that grows. */
  #message: OpenMessage | undefined;
  /** The message whose text has ended. */
  #ended: string | undefined;
  readonly #sources: { readonly title: string; readonly url: string }[] = [];
  readonly #calls = new Map<string, CallItem>();
  readonly #unsettled = new Set<CallItem>();
  #callsCaller = false;
  readonly #waiting: WaitingChunk[] = [];
  #failure: ChunkError | undefined;
  #tripped = false;
  #result: ResponseValue | undefined;
  /** Why the run can be read no further. */
  #broken: ChunkError | undefined;

  constructor(options: ResponseRunOptions) {
    this.#options = options;
    this.#createdAt = options.createdAt ?? Date.now();
    this.#known = options.startingAfter ?? 0;
    this.#output = new Output(options.id, (type, members) => this.#tell(type, members));
  }

  encode(chunk: AgentChunk): string | undefined {
    this.#begin();
    if ("payload" in chunk) this.#take(chunk);
    return this.#taken();
  }

  end(run: Run | undefined): string {
    this.#begin();
    if (this.#broken) return this.#breakOff(this.#broken);
    const response = this.result(run);
    const type =
      response.status === "completed" || response.status === "failed" || response.status === "incomplete" ? response.status : "failed";
    this.#tell(`response.${type}`, { response });
    return this.#taken() ?? "";
  }

  /** Of the last event. */
  get lastNumber(): number {
    return this.#sequence;
  }

  /** The response as it is when the run has ended. Without a run: its producer broke, unless `endedAs` says how it ended. */
  result(run: Run | undefined): ResponseValue {
    return (this.#result ??= this.#finish(run ? endingOf(run) : this.#ending));
  }

  /** Says that the run can be read no further, while it may go on. */
  brokeOff(error: ChunkError): void {
    this.#broken = error;
  }

  /** The event has the number of the one before it: reading goes on after that. */
  #breakOff(failure: ChunkError): string {
    const error = chunkFailure(failure);
    const { message, code, param } = error;
    const event = { type: "error", message, code, param, error, sequence_number: Math.max(1, this.#sequence) };
    return `${this.#taken() ?? ""}event: error\ndata: ${JSON.stringify(event)}\n\n`;
  }

  /** Says how the run ended that the chunks came from. */
  endedAs(ending: ResponseEnding): void {
    this.#ending = ending;
  }

  /** The response as it is by now. */
  current(status: "queued" | "in_progress"): ResponseValue {
    for (const item of [...this.#open.values(), ...this.#unsettled]) item.show();
    return this.#value({ status, output: this.#output.kept });
  }

  /** The run begins again: what it had said is void. Its items end where they are, and the response has those that follow. */
  beginAgain(): void {
    for (const item of this.#open.values()) item.close("incomplete");
    for (const item of this.#unsettled) item.close("incomplete");
    this.#output.takeBack();
    this.#closeAll();
    this.#calls.clear();
    this.#unsettled.clear();
    this.#sources.length = 0;
    this.#waiting.length = 0;
    this.#callsCaller = false;
  }

  #finish(run: ResponseEnding | undefined): ResponseValue {
    const end = this.#outcome(run);
    for (const item of this.#open.values()) item.close(end.status === "completed" ? "completed" : "incomplete");
    for (const item of this.#unsettled) item.close("incomplete");
    this.#open.clear();
    this.#unsettled.clear();
    this.#requestApprovals();
    const providerMetadata = run?.providerMetadata;
    return this.#value({
      ...end,
      output: this.#output.kept,
      ...(run?.usage && { usage: run.usage }),
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
    if (this.#ended !== undefined && chunk.type !== "source") this.#close(this.#ended);
    switch (chunk.type) {
      case "text-delta":
        return this.#text(chunk.payload.id, chunk.payload.text);
      case "text-end":
        this.#ended = `t:${chunk.payload.id}`; // sources that follow at once belong to it
        return;
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
        if (chunk.payload.url !== undefined) this.#cite(chunk.payload.title ?? chunk.payload.url, chunk.payload.url);
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
    const message = this.#message?.id === id ? this.#message : this.#messageFor(id);
    message.item.grow(text);
    if (!this.#options.streams || ++this.#sequence <= this.#known) return;
    this.#frames += `${message.head}${JSON.stringify(text)},"sequence_number":${this.#sequence}}\n\n`;
  }

  /** A source without a message belongs to the next one. */
  #cite(title: string, url: string): void {
    if (this.#message) this.#message.item.cite(title, url);
    else this.#sources.push({ title, url });
  }

  /** The message that a text goes into: a new one, or one that is open beside others. */
  #messageFor(id: string): OpenMessage {
    const key = `t:${id}`;
    const known = this.#open.get(key);
    const item = known instanceof MessageItem ? known : new MessageItem(this.#output);
    this.#open.set(key, item);
    for (const { title, url } of this.#sources.splice(0)) item.cite(title, url);
    const { place } = item;
    const head = `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","item_id":${JSON.stringify(place.id)},"output_index":${place.index},"content_index":0,"logprobs":[],"delta":`;
    return (this.#message = { id, item, head });
  }

  #reasoning(id: string, text: string): void {
    const key = `r:${id}`;
    let item = this.#open.get(key);
    if (!item) this.#open.set(key, (item = new ReasoningItem(this.#output)));
    item.grow(text);
  }

  #close(key: string): void {
    this.#message = undefined;
    this.#ended = undefined;
    this.#open.get(key)?.close("completed");
    this.#open.delete(key);
  }

  #closeAll(): void {
    this.#message = undefined;
    this.#ended = undefined;
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

  #outcome(run: ResponseEnding | undefined): Pick<ResponseState, "status" | "error" | "incompleteReason" | "completedAt"> {
    const completedAt = run?.completedAt ?? Date.now();
    if (this.#failure || !run) return { status: "failed", error: responseError(this.#failure) };
    if (run.status === "aborted") return { status: "cancelled" };
    const [waiting] = this.#waiting;
    if (waiting)
      return { status: "incomplete", incompleteReason: waiting.type === "tool-call-approval" ? "approval_required" : "input_required" };
    if (this.#tripped) return { status: "incomplete", incompleteReason: "content_filter" };
    const reason = run.finishReason;
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
    if (!this.#options.streams || ++this.#sequence <= this.#known) return;
    this.#frames += `event: ${type}\ndata: ${JSON.stringify({ type, ...members, sequence_number: this.#sequence })}\n\n`;
  }

  #taken(): string | undefined {
    const frames = this.#frames;
    this.#frames = "";
    return frames === "" ? undefined : frames;
  }
}

function endingOf({ status, steps, usage }: Run): ResponseEnding {
  const last = steps.at(-1);
  return { status, finishReason: last?.finishReason, usage, providerMetadata: last?.metadata.providerMetadata };
}

function outputText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** OpenAI's clients know few codes; the message says the rest. */
function responseError(failure: ChunkError | undefined): { code: string; message: string } {
  const { code, message } = failure ?? { code: "INTERNAL", message: "The run failed." };
  if (code === "RATE_LIMITED") return { code: "rate_limit_exceeded", message };
  return { code: code === "VALIDATION_FAILED" ? "invalid_prompt" : "server_error", message };
}
