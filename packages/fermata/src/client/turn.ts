/** One answer of an agent, put together from its events, so that it can be sent back with the results of client tools. */
import { runnable, runCalls, tell, type ToolCall, type ToolRun } from "./client-tools.ts";

type Part = Readonly<Record<string, unknown>>;

interface Event {
  readonly type: string;
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** Follows a stream; afterwards knows what has to be said next, if anything. */
export class Turn {
  readonly #run: ToolRun;
  /** Complete messages, oldest first. */
  #messages: object[] = [];
  #content: Part[] = [];
  #results: object[] = [];
  readonly #open = new Map<string, ToolCall>();
  #reason: unknown;

  constructor(run: ToolRun) {
    this.#run = run;
  }

  see(event: unknown): void {
    const { type, payload = {} } = event as Event; // an event of the contract
    switch (type) {
      case "text-delta":
        return this.#append("text", payload.text, payload);
      case "reasoning-delta":
        return this.#append("reasoning", payload.text, payload);
      case "reasoning-end":
        return this.#append("reasoning", "", payload);
      case "tool-call-input-streaming-start":
        return this.#tell(payload, (tool, id) => tool.onInputStart?.({ toolCallId: id }));
      case "tool-call-delta":
        return this.#tell(payload, (tool, id) => tool.onInputDelta?.({ toolCallId: id, inputTextDelta: String(payload.argsTextDelta) }));
      case "tool-call":
        return this.#call(payload);
      case "tool-result":
      case "tool-error":
        return this.#result(payload);
      case "step-finish":
        return this.#flush();
      case "finish":
        this.#reason = (payload.stepResult as Part | undefined)?.reason;
    }
  }

  /** What the conversation has to gain before the agent can go on; `undefined` when the client has nothing to do. */
  async next(): Promise<object[] | undefined> {
    this.#flush();
    const calls = [...this.#open.values()];
    if (this.#reason !== "tool-calls" || calls.length === 0) return undefined;
    // A call that is left to the app ends the answer, even beside others.
    if (!calls.every(({ toolName }) => runnable(this.#run.tools, toolName))) return undefined;
    return [...this.#messages, { role: "tool", content: await runCalls(calls, this.#run) }];
  }

  #append(type: "text" | "reasoning", text: unknown, { providerMetadata }: Part): void {
    const last = this.#content.at(-1);
    const before = last?.type === type ? last : undefined;
    const known = providerMetadata ?? before?.providerOptions;
    const part = {
      type,
      text: `${typeof before?.text === "string" ? before.text : ""}${String(text)}`,
      ...(known !== undefined && { providerOptions: known }),
    };
    if (before) this.#content[this.#content.length - 1] = part;
    else if (part.text !== "") this.#content.push(part);
  }

  #call({ toolCallId, toolName, args, providerExecuted, providerMetadata }: Part): void {
    const call = { toolCallId: String(toolCallId), toolName: String(toolName), args };
    this.#content.push({
      type: "tool-call",
      toolCallId,
      toolName,
      input: args,
      ...(providerExecuted === true && { providerExecuted }),
      ...(providerMetadata !== undefined && { providerOptions: providerMetadata }),
    });
    if (providerExecuted === true) return;
    this.#open.set(call.toolCallId, call);
    this.#tell(call, (tool, id) => tool.onInputAvailable?.({ toolCallId: id, input: args as never }));
  }

  #result({ toolCallId, toolName, result, error, providerExecuted }: Part): void {
    this.#open.delete(String(toolCallId));
    const message = (error as Part | undefined)?.message;
    const failed = error === undefined ? undefined : typeof message === "string" ? message : "The tool failed.";
    const part = {
      type: "tool-result",
      toolCallId,
      toolName,
      ...(failed === undefined ? { result: result ?? null } : { isError: true, result: failed }),
    };
    if (providerExecuted === true) this.#content.push(part);
    else this.#results.push(part);
  }

  #flush(): void {
    if (this.#content.length > 0) this.#messages.push({ role: "assistant", content: this.#content });
    if (this.#results.length > 0) this.#messages.push({ role: "tool", content: this.#results });
    this.#content = [];
    this.#results = [];
  }

  #tell(payload: Part | ToolCall, observer: (tool: NonNullable<ReturnType<typeof runnable>>, toolCallId: string) => unknown): void {
    const tool = runnable(this.#run.tools, String(payload.toolName));
    if (tool) tell(() => observer(tool, String(payload.toolCallId)));
  }
}
