/** Chat messages in OpenAI's form as messages for an agent. */
import { isTooDeep } from "../../../schema/json-depth.ts";
import { isObject, objects, type Json } from "../json.ts";
import { filePart, imageDetail, imagePart } from "../media.ts";
import { refused, unsupported } from "../refusal.ts";

type Part = Readonly<Record<string, unknown>>;

/** As much as a request's body may have. */
const MAX_DEPTH = 128;

/** @throws FermataError naming the message that cannot be understood. */
export function chatMessages(messages: readonly Json[]): unknown[] {
  if (messages.every(({ role }) => role === "system" || role === "developer"))
    throw refused("messages", "messages must hold something to answer: at least one message that is not a system message.");
  const names = new Map<string, string>();
  const answered = new Set(messages.map((message) => (message.role === "tool" ? message.tool_call_id : undefined)));
  return messages.map((message, index) => {
    const at = `messages[${index}]`;
    switch (message.role) {
      case "system":
      case "developer":
        return { role: "system", content: textOf(message.content, `${at}.content`) };
      case "user":
        return { role: "user", content: userContent(message.content, `${at}.content`) };
      case "assistant":
        return { role: "assistant", content: assistantContent(message, at, names, answered) };
      case "tool":
        return { role: "tool", content: [toolResult(message, at, names)] };
      default:
        throw refused(
          `${at}.role`,
          `${at} has the unknown role ${JSON.stringify(message.role)}. Known roles: system, developer, user, assistant, tool.`,
        );
    }
  });
}

function textOf(content: unknown, param: string): string {
  if (typeof content === "string") return content;
  const parts = objects(content);
  if (!parts) throw refused(param, `${param} must be a text or a list of text parts.`, "invalid_type");
  return parts.map((part, index) => textPart(part, `${param}[${index}]`)).join("");
}

function textPart(part: Json, param: string): string {
  if (part.type !== "text" || typeof part.text !== "string") throw refused(param, `${param} must be a part of type "text" with a text.`);
  return part.text;
}

function userContent(content: unknown, param: string): string | Part[] {
  if (typeof content === "string") return content;
  const parts = objects(content);
  if (!parts || parts.length === 0) throw refused(param, `${param} must be a text or a list of parts.`, "invalid_type");
  return parts.map((part, index) => userPart(part, `${param}[${index}]`));
}

function userPart(part: Json, param: string): Part {
  switch (part.type) {
    case "text":
      return { type: "text", text: textPart(part, param) };
    case "image_url":
      return chatImage(part.image_url, `${param}.image_url`);
    case "file": {
      const { file_data, filename, file_id } = isObject(part.file) ? part.file : {};
      if (file_id !== undefined && file_id !== null)
        throw unsupported(`${param}.file.file_id`, "cannot be honoured: this server stores no files. Send file_data.");
      return { ...filePart(file_data, filename, `${param}.file.file_data`) };
    }
    default:
      throw unsupported(`${param}.type`, `cannot be ${JSON.stringify(part.type)}. Known parts: text, image_url, file.`);
  }
}

function chatImage(image: unknown, param: string): Part {
  const { url, detail } = isObject(image) ? image : { url: image, detail: undefined };
  return { ...imagePart(url, `${param}.url`), ...imageDetail(detail, `${param}.detail`) };
}

function assistantContent(message: Json, at: string, names: Map<string, string>, answered: ReadonlySet<unknown>): Part[] {
  const { content, refusal, reasoning_content, tool_calls } = message;
  const parts: Part[] = [];
  if (typeof reasoning_content === "string" && reasoning_content !== "") parts.push({ type: "reasoning", text: reasoning_content });
  const said =
    content === undefined || content === null ? (typeof refusal === "string" ? refusal : "") : assistantText(content, `${at}.content`);
  if (said !== "") parts.push({ type: "text", text: said });
  if (message.function_call !== undefined && message.function_call !== null)
    throw unsupported(`${at}.function_call`, 'is of an older API. Use "tool_calls".');
  if (tool_calls !== undefined && tool_calls !== null) {
    const calls = objects(tool_calls);
    if (!calls) throw refused(`${at}.tool_calls`, `${at}.tool_calls must be a list of calls.`, "invalid_type");
    for (const [index, call] of calls.entries()) parts.push(toolCall(call, `${at}.tool_calls[${index}]`, names, answered));
  }
  return parts;
}

function assistantText(content: unknown, param: string): string {
  if (typeof content === "string") return content;
  const parts = objects(content);
  if (!parts) throw refused(param, `${param} must be a text or a list of text parts.`, "invalid_type");
  return parts
    .map((part, index) =>
      part.type === "refusal" && typeof part.refusal === "string" ? part.refusal : textPart(part, `${param}[${index}]`),
    )
    .join("");
}

function toolCall(call: Json, param: string, names: Map<string, string>, answered: ReadonlySet<unknown>): Part {
  const { id } = call;
  const inner = isObject(call.function) ? call.function : {};
  if (typeof id !== "string" || id === "" || typeof inner.name !== "string" || inner.name === "")
    throw refused(param, `${param} needs an id and a function with a name.`);
  if (!answered.has(id))
    throw refused(param, `The tool call "${id}" has no answer: a message of role "tool" with its tool_call_id has to follow.`);
  names.set(id, inner.name);
  return {
    type: "tool-call",
    toolCallId: id,
    toolName: inner.name,
    input: parsedArguments(inner.arguments, `${param}.function.arguments`),
  };
}

/** Arguments are JSON in a text; an empty one stands for none. */
export function parsedArguments(text: unknown, param: string): unknown {
  if (typeof text !== "string") throw refused(param, `${param} must be a text that holds JSON.`, "invalid_type");
  if (text.trim() === "") return {};
  if (isTooDeep(text, MAX_DEPTH)) throw refused(param, `${param} is nested more than ${MAX_DEPTH} levels deep.`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return { arguments: text }; // the model wrote it, and its provider wants an object back
  }
}

function toolResult(message: Json, at: string, names: ReadonlyMap<string, string>): Part {
  const { tool_call_id: id } = message;
  if (typeof id !== "string") throw refused(`${at}.tool_call_id`, `${at}.tool_call_id must name the call that is answered.`);
  const toolName = names.get(id);
  if (toolName === undefined) throw refused(`${at}.tool_call_id`, `${at} answers the tool call "${id}", which no message before it holds.`);
  return { type: "tool-result", toolCallId: id, toolName, output: { type: "text", value: textOf(message.content, `${at}.content`) } };
}
