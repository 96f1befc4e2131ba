/** Input items of a response as messages for an agent. */
import { parsedArguments } from "../chat/messages.ts";
import { objects, type Json } from "../json.ts";
import { filePart, imageDetail, imagePart } from "../media.ts";
import { refused, unsupported } from "../refusal.ts";
import { approvalTarget, type ApprovalAnswer } from "./approvals.ts";

type Part = Readonly<Record<string, unknown>>;

export interface ReadInput {
  /** In a form that agents take. */
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  /** Answers to runs that wait. */
  readonly approvals: readonly ApprovalAnswer[];
}

/** What was told before, and can be referred to. */
export interface Told {
  readonly items: ReadonlyMap<string, Json>;
  /** The names of the calls that wait for their output, by call id. */
  readonly calls: ReadonlyMap<string, string>;
}

const NOTHING: Told = { items: new Map(), calls: new Map() };

/** `open` lets calls stand without their outputs, which may come later. @throws FermataError naming the item. */
export function readInput(input: string | readonly Json[], told: Told = NOTHING, open = false, name = "input"): ReadInput {
  if (input === "") throw refused(name, `${name} is empty.`);
  if (typeof input === "string") return { messages: [{ role: "user", content: input }], approvals: [] };
  const items = input.map((item, index) => (item.type === "item_reference" ? referred(item, `${name}[${index}]`, told) : item));
  const reader = new InputReader(items, told.calls, open);
  for (const [index, item] of items.entries()) reader.read(item, `${name}[${index}]`);
  return { messages: reader.messages, approvals: reader.approvals };
}

function referred({ id }: Json, at: string, told: Told): Json {
  if (typeof id !== "string") throw refused(`${at}.id`, `${at}.id must name an item.`);
  const item = told.items.get(id);
  if (!item)
    throw refused(
      `${at}.id`,
      `Item with id "${id}" was not found. Only items of stored responses can be referred to; send the item itself instead.`,
      "item_not_found",
    );
  return item;
}

class InputReader {
  readonly messages: { readonly role: string; readonly content: string | Part[] }[] = [];
  readonly approvals: ApprovalAnswer[] = [];
  readonly #names: Map<string, string>;
  readonly #open: boolean;
  readonly #answered: ReadonlySet<unknown>;

  constructor(items: readonly Json[], calls: ReadonlyMap<string, string>, open: boolean) {
    this.#names = new Map(calls);
    this.#open = open;
    this.#answered = new Set(items.map((item) => (item.type === "function_call_output" ? item.call_id : undefined)));
  }

  read(item: Json, at: string): void {
    if (this.approvals.length > 0 && item.type !== "mcp_approval_response") this.#leaveApprovals(item, at);
    switch (item.type ?? "message") {
      case "message":
        return this.#message(item, at);
      case "function_call":
        return this.#call(item, at);
      case "function_call_output":
        return this.#output(item, at);
      case "reasoning":
        return this.#reasoning(item, at);
      case "mcp_call":
        return this.#serverCall(item, at);
      case "mcp_approval_request":
        return; // the run that waits knows it
      case "mcp_approval_response":
        this.approvals.push(this.#approval(item, at));
        return;
      case "image_generation_call":
        return this.#image(item, at);
      default:
        throw unsupported(`${at}.type`, `cannot be ${JSON.stringify(item.type)}.`);
    }
  }

  /** What an agent said after an approval came of it: that is told, and answered, already. A run that waits has no ear for anything else before it goes on. */
  #leaveApprovals({ type, role }: Json, at: string): void {
    if (role !== "assistant" && !OUTPUT_TYPES.has(type))
      throw refused(at, `${at} follows an approval: say it in the next request, when the run that waits has gone on.`);
    this.approvals.length = 0;
  }

  #message({ role, content }: Json, at: string): void {
    switch (role) {
      case "system":
      case "developer":
        this.messages.push({ role: "system", content: textOf(content, `${at}.content`) });
        return;
      case "user":
        this.messages.push({ role: "user", content: userContent(content, `${at}.content`) });
        return;
      case "assistant":
        return this.#said({ type: "text", text: textOf(content, `${at}.content`) });
      default:
        throw refused(`${at}.role`, `${at} has the unknown role ${JSON.stringify(role)}. Known roles: system, developer, user, assistant.`);
    }
  }

  #call({ call_id: id, name, arguments: text }: Json, at: string): void {
    if (typeof id !== "string" || id === "" || typeof name !== "string" || name === "")
      throw refused(at, `${at} needs a call_id and a name.`);
    if (!this.#open && !this.#answered.has(id))
      throw refused(
        `${at}.call_id`,
        `No tool output found for function call "${id}": an item of type function_call_output has to be in the input.`,
      );
    this.#names.set(id, name);
    this.#said({ type: "tool-call", toolCallId: id, toolName: name, input: parsedArguments(text, `${at}.arguments`) });
  }

  #output({ call_id: id, output }: Json, at: string): void {
    const toolName = typeof id === "string" ? this.#names.get(id) : undefined;
    if (toolName === undefined)
      throw refused(`${at}.call_id`, `No tool call found for function call output with call_id ${JSON.stringify(id)}.`);
    this.#told({ type: "tool-result", toolCallId: id, toolName, output: callOutput(output, `${at}.output`) });
  }

  #reasoning({ summary, content }: Json, at: string): void {
    const parts = [...(objects(summary ?? []) ?? []), ...(objects(content ?? []) ?? [])];
    const text = parts.map((part) => (typeof part.text === "string" ? part.text : "")).join("\n\n");
    if (!Array.isArray(summary)) throw refused(`${at}.summary`, `${at}.summary must be a list of texts.`, "invalid_type");
    if (text !== "") this.#said({ type: "reasoning", text });
  }

  /** What a tool of the agent's own did in an earlier response. */
  #serverCall({ id, name, arguments: text, output, error, status }: Json, at: string): void {
    if (status === "incomplete" || status === "in_progress") return; // the run that waits knows it
    if (typeof id !== "string" || typeof name !== "string") throw refused(at, `${at} needs an id and a name.`);
    this.#said({ type: "tool-call", toolCallId: id, toolName: name, input: parsedArguments(text, `${at}.arguments`) });
    const failed = error !== undefined && error !== null;
    const value = failed ? (typeof error === "string" ? error : JSON.stringify(error)) : typeof output === "string" ? output : "";
    this.#told({ type: "tool-result", toolCallId: id, toolName: name, output: { type: failed ? "error-text" : "text", value } });
  }

  #approval({ approval_request_id: id, approve, reason }: Json, at: string): ApprovalAnswer {
    const target = typeof id === "string" ? approvalTarget(id) : undefined;
    if (!target) throw refused(`${at}.approval_request_id`, `${at}.approval_request_id does not name an approval request of this server.`);
    if (typeof approve !== "boolean") throw refused(`${at}.approve`, `${at}.approve must be true or false.`, "invalid_type");
    return { ...target, approve, ...(typeof reason === "string" && { reason }) };
  }

  #image({ result }: Json, at: string): void {
    if (typeof result === "string" && result !== "") this.#said({ ...filePart(result, undefined, `${at}.result`), mediaType: "image/*" });
  }

  /** Everything that an assistant says in a row is one message. */
  #said(part: Part): void {
    this.#append("assistant", part);
  }

  #told(part: Part): void {
    this.#append("tool", part);
  }

  #append(role: string, part: Part): void {
    const last = this.messages.at(-1);
    if (last?.role === role && Array.isArray(last.content)) last.content.push(part);
    else this.messages.push({ role, content: [part] });
  }
}

const OUTPUT_TYPES: ReadonlySet<unknown> = new Set(["mcp_call", "function_call", "reasoning", "mcp_approval_request"]);
const TEXT_TYPES: ReadonlySet<unknown> = new Set(["input_text", "output_text", "text"]);

function textOf(content: unknown, param: string): string {
  if (typeof content === "string") return content;
  const parts = objects(content);
  if (!parts) throw refused(param, `${param} must be a text or a list of parts.`, "invalid_type");
  return parts.map((part, index) => textPart(part, `${param}[${index}]`)).join("");
}

function textPart({ type, text, refusal }: Json, param: string): string {
  if (TEXT_TYPES.has(type) && typeof text === "string") return text;
  if (type === "refusal" && typeof refusal === "string") return refusal;
  throw refused(param, `${param} must be a part of type "input_text" or "output_text" with a text.`);
}

function userContent(content: unknown, param: string): string | Part[] {
  if (typeof content === "string") return content;
  const parts = objects(content);
  if (!parts || parts.length === 0) throw refused(param, `${param} must be a text or a list of parts.`, "invalid_type");
  return parts.map((part, index) => userPart(part, `${param}[${index}]`));
}

function userPart(part: Json, param: string): Part {
  if (part.type === "input_image" || part.type === "input_file") return mediaPart(part, param);
  if (!TEXT_TYPES.has(part.type))
    throw unsupported(`${param}.type`, `cannot be ${JSON.stringify(part.type)}. Known parts: input_text, input_image, input_file.`);
  return { type: "text", text: textPart(part, param) };
}

function mediaPart(part: Json, param: string): Part {
  if (part.file_id !== undefined && part.file_id !== null)
    throw unsupported(`${param}.file_id`, "cannot be honoured: this server stores no files. Send the data or an address.");
  if (part.type === "input_image")
    return { ...imagePart(part.image_url, `${param}.image_url`), ...imageDetail(part.detail, `${param}.detail`) };
  const name = part.file_data === undefined || part.file_data === null ? "file_url" : "file_data";
  return { ...filePart(part[name], part.filename, `${param}.${name}`) };
}

function callOutput(output: unknown, param: string): unknown {
  if (typeof output === "string") return { type: "text", value: output };
  const parts = objects(output);
  if (!parts) throw refused(param, `${param} must be a text or a list of parts.`, "invalid_type");
  const value = parts.map((part, index) => outputPart(part, `${param}[${index}]`));
  return { type: "content", value };
}

function outputPart(part: Json, param: string): Part {
  if (TEXT_TYPES.has(part.type)) return { type: "text", text: textPart(part, param) };
  if (part.type !== "input_image" && part.type !== "input_file")
    throw unsupported(`${param}.type`, `cannot be ${JSON.stringify(part.type)}.`);
  const { data, ...rest } = mediaPart(part, param);
  return { ...rest, data: data instanceof URL ? { type: "url", url: data } : { type: "data", data } };
}
