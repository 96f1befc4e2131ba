/** Stored messages as items. */
import type { MemoryMessage, MessagePart } from "../../../memory/message.ts";
import { isObject } from "../json.ts";
import { refused } from "../refusal.ts";

export interface MessageItem extends Readonly<Record<string, unknown>> {
  readonly id: string;
  readonly type: string;
}

/** An item with the message that it comes from. */
export interface PlacedItem {
  readonly item: MessageItem;
  readonly messageId: string;
}

/** The items of a message, each under an id of its own that never changes. System messages are the app's own and are none. */
export function messageItems({ id, role, content }: MemoryMessage): PlacedItem[] {
  const items = role === "user" ? [userItem(id, content.parts)] : role === "assistant" ? assistantItems(id, content.parts) : [];
  return items.map((item) => ({ item, messageId: id }));
}

function userItem(id: string, parts: readonly MessagePart[]): MessageItem {
  return { id, type: "message", role: "user", status: "completed", content: parts.flatMap(inputPart) };
}

function inputPart(part: MessagePart): object[] {
  if (part.type === "text") return [{ type: "input_text", text: String(part.text) }];
  if (part.type !== "file" || typeof part.data !== "string") return [];
  const mimeType = typeof part.mimeType === "string" ? part.mimeType : "application/octet-stream";
  const url = /^(?:https?|data):/i.test(part.data) ? part.data : `data:${mimeType};base64,${part.data}`;
  if (mimeType.startsWith("image/")) return [{ type: "input_image", image_url: url, file_id: null, detail: "auto" }];
  return [{ type: "input_file", file_data: url, ...(typeof part.filename === "string" && { filename: part.filename }) }];
}

function assistantItems(messageId: string, parts: readonly MessagePart[]): MessageItem[] {
  let texts = 0;
  return parts.flatMap((part, index): MessageItem[] => {
    const id = `${messageId}_${index}`;
    switch (part.type) {
      case "text": {
        const content = [{ type: "output_text", text: String(part.text), annotations: [], logprobs: [] }];
        return [{ id: texts++ === 0 ? messageId : id, type: "message", role: "assistant", status: "completed", content }];
      }
      case "reasoning":
        return [
          {
            id,
            type: "reasoning",
            summary: [{ type: "summary_text", text: String(part.text) }],
            status: "completed",
          },
        ];
      case "tool-invocation":
        return isObject(part.toolInvocation) ? callItems(id, part.toolInvocation) : [];
      default:
        return [];
    }
  });
}

/** What a tool threw may name files, hosts and keys. */
const TOOL_FAILED = "The tool failed.";

function callItems(id: string, { toolCallId, toolName, args, state, result }: Readonly<Record<string, unknown>>): MessageItem[] {
  const call = {
    id,
    type: "function_call",
    call_id: toolCallId,
    name: toolName,
    arguments: JSON.stringify(args ?? {}),
    status: "completed",
  };
  if (state !== "result" && state !== "output-error" && state !== "output-denied") return [call];
  const output = state === "result" ? (typeof result === "string" ? result : (JSON.stringify(result) ?? "")) : TOOL_FAILED;
  return [call, { id: `${id}_output`, type: "function_call_output", call_id: toolCallId, output, status: "completed" }];
}

export interface ItemPaging {
  readonly limit?: number | undefined;
  readonly order?: "asc" | "desc" | undefined;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

/** A page of a list, `after` and `before` being ids of items in it. @throws FermataError for one that is not. */
export function itemPage(all: readonly MessageItem[], { limit = 1000, order = "asc", after, before }: ItemPaging) {
  const items = order === "asc" ? all : all.toReversed();
  const place = (id: string | undefined, none: number): number => (id === undefined ? none : items.findIndex((item) => item.id === id));
  const [start, end] = [place(after, -1), place(before, items.length)];
  if (after !== undefined && start < 0) throw noItem("after", after);
  if (before !== undefined && end < 0) throw noItem("before", before);
  const window = items.slice(start + 1, end);
  const data = window.slice(0, limit);
  return {
    object: "list" as const,
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: window.length > data.length,
  };
}

function noItem(param: string, id: string): Error {
  return refused(param, `${param} names no item of the list: "${id}".`, "item_not_found");
}
