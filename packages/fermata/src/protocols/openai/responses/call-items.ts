/** Tool calls as items: those of the caller's functions, and those that run here. */
import type { ItemPlace, OpenItem, Output } from "./output.ts";
import type { OutputItem } from "./response.ts";

/** How a call that ran here ended. */
export interface CallEnd {
  readonly output?: string;
  readonly error?: string;
}

export interface CallItem extends OpenItem {
  /** The arguments are complete. */
  complete(text: string): void;
  /** The call has run. */
  settle(end: CallEnd): void;
}

/** A call of a function that the caller runs. With `settle`: one that ran here, in the form of the reference. */
export class FunctionCallItem implements CallItem {
  readonly #place: ItemPlace;
  readonly #output: Output;
  readonly #callId: string;
  readonly #name: string;
  #text = "";
  #open = true;

  constructor(output: Output, callId: string, name: string) {
    this.#output = output;
    this.#callId = callId;
    this.#name = name;
    this.#place = output.place("fc");
    output.add(this.#place, this.#item("in_progress"));
  }

  grow(delta: string): void {
    this.#text += delta;
    this.#output.tell("response.function_call_arguments.delta", this.#place, { delta });
  }

  complete(text: string): void {
    if (!this.#open) return;
    if (this.#text === "") this.grow(text);
    this.close("completed");
  }

  settle({ output, error }: CallEnd): void {
    addCallOutput(this.#output, this.#callId, output ?? error ?? "");
  }

  show(): void {
    if (this.#open) this.#output.put(this.#place, this.#item("in_progress"));
  }

  close(status: "completed" | "incomplete"): void {
    if (!this.#open) return;
    this.#open = false;
    this.#output.tell("response.function_call_arguments.done", this.#place, { name: this.#name, arguments: this.#text });
    this.#output.done(this.#place, this.#item(status));
  }

  #item(status: string): OutputItem {
    return { id: this.#place.id, type: "function_call", call_id: this.#callId, name: this.#name, arguments: this.#text, status };
  }
}

/** What a tool that ran here gave, as an item of its own. */
export function addCallOutput(output: Output, callId: string, value: string): void {
  const place = output.place("fco");
  const item = { id: place.id, type: "function_call_output", call_id: callId, output: value, status: "completed" };
  output.add(place, item);
  output.done(place, item);
}

/** A call that runs here. OpenAI's clients know it as one that a server of tools runs, and leave it alone. */
export class ServerCallItem implements CallItem {
  readonly #place: ItemPlace;
  readonly #output: Output;
  readonly #name: string;
  readonly #label: string;
  readonly #approval: string | null;
  #text = "";
  #complete = false;
  #open = true;

  constructor(output: Output, label: string, name: string, approval: string | null = null) {
    this.#output = output;
    this.#name = name;
    this.#label = label;
    this.#approval = approval;
    this.#place = output.place("mcp");
    output.add(this.#place, this.#item("in_progress", {}));
    output.tell("response.mcp_call.in_progress", this.#place, {});
  }

  grow(delta: string): void {
    this.#text += delta;
    this.#output.tell("response.mcp_call_arguments.delta", this.#place, { delta });
  }

  complete(text: string): void {
    if (this.#complete) return;
    this.#complete = true;
    if (this.#text === "") this.grow(text);
    this.#output.tell("response.mcp_call_arguments.done", this.#place, { arguments: this.#text });
  }

  settle(end: CallEnd): void {
    if (!this.#open) return;
    this.#open = false;
    const failed = end.error !== undefined;
    this.#output.tell(failed ? "response.mcp_call.failed" : "response.mcp_call.completed", this.#place, {});
    this.#output.done(this.#place, this.#item(failed ? "failed" : "completed", end));
  }

  show(): void {
    if (this.#open) this.#output.put(this.#place, this.#item("in_progress", {}));
  }

  /** The run ends before the call does. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.complete(this.#text === "" ? "{}" : this.#text);
    this.#output.done(this.#place, this.#item("incomplete", {}));
  }

  #item(status: string, { output, error }: CallEnd): OutputItem {
    return {
      id: this.#place.id,
      type: "mcp_call",
      server_label: this.#label,
      name: this.#name,
      arguments: this.#text,
      output: output ?? null,
      error: error === undefined ? null : { type: "mcp_tool_execution_error", content: [{ type: "text", text: error }] },
      status,
      approval_request_id: this.#approval,
    };
  }
}
