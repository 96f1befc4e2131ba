/** Events of a stream for whoever reads along: text as it comes, calls of tools beside it. */
import type { Terminal } from "../terminal/terminal.ts";

type Json = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null;
const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

const payloadOf = (event: Json): Json => (isRecord(event["payload"]) ? event["payload"] : event);

/** Whether the event says that the whole has failed; that a tool has is the model's affair. */
export function isFailure(event: unknown): boolean {
  if (!isRecord(event)) return false;
  const { type } = event;
  return type === "error" || type === "response.failed" || (type === "workflow-finish" && payloadOf(event)["workflowStatus"] === "failed");
}

export class Show {
  readonly #terminal: Terminal;
  #isMidLine = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  event(event: unknown): void {
    if (!isRecord(event)) return;
    const payload = payloadOf(event);
    const delta = deltaOf(event, payload);
    if (delta !== undefined) this.#write(delta);
    else this.#note(event["type"], payload);
  }

  end(): void {
    if (this.#isMidLine) this.#write("\n");
  }

  #write(part: string): void {
    process.stdout.write(part);
    this.#isMidLine = !part.endsWith("\n");
  }

  #note(type: unknown, payload: Json): void {
    const { cyan, green, red, dim } = this.#terminal.paint;
    if (type === "tool-call") this.#line(`${cyan("→")} ${text(payload["toolName"])} ${dim(text(payload["args"]))}`);
    else if (type === "tool-result") this.#line(`${green("←")} ${text(payload["toolName"])} ${dim(text(payload["result"]))}`);
    else if (type === "workflow-step-start") this.#line(`${cyan("→")} ${text(payload["id"])}`);
    else if (type === "workflow-step-result")
      this.#line(`${green("←")} ${text(payload["id"])} ${dim(text(payload["output"] ?? payload["status"]))}`);
    else if (type === "error" || type === "tool-error" || type === "response.failed") {
      this.#line(red(messageOf(payload["error"] ?? payload)));
    } else if (type === "workflow-finish") {
      this.#line(dim(`Ended: ${text(payload["workflowStatus"] ?? payload["status"] ?? "success")}`));
    } else if (type === "tool-call-approval" || type === "tool-call-suspended" || type === "workflow-step-suspended") {
      this.#line(`Waits for an answer: ${dim(JSON.stringify(payload))}`);
    }
  }

  #line(line: string): void {
    this.end();
    this.#terminal.note(line);
  }
}

/** The next piece of text in the server's own streams, in those for OpenAI's clients, and in chat completions. */
function deltaOf(event: Json, payload: Json): string | undefined {
  if (event["type"] === "text-delta" && typeof payload["text"] === "string") return payload["text"];
  if (event["type"] === "response.output_text.delta" && typeof event["delta"] === "string") return event["delta"];
  const [choice] = Array.isArray(event["choices"]) ? event["choices"].filter(isRecord) : [];
  const delta = isRecord(choice?.["delta"]) ? choice["delta"]["content"] : undefined;
  return typeof delta === "string" ? delta : undefined;
}

function messageOf(error: unknown): string {
  return isRecord(error) && typeof error["message"] === "string" ? error["message"] : text(error);
}
