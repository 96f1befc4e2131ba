/** From the provider interface's messages to those of chat completions. */
import type { LanguageModelV4FilePart, LanguageModelV4Prompt, LanguageModelV4ToolResultOutput } from "@ai-sdk/provider";
import { FermataError } from "../../errors.ts";
import { fromBase64, toBase64 } from "../base64.ts";

type Message = LanguageModelV4Prompt[number];
type AssistantContent = Extract<Message, { role: "assistant" }>["content"];
type ToolContent = Extract<Message, { role: "tool" }>["content"];

/** A message as it is sent. */
export type WireRequestMessage = Record<string, unknown>;

export interface PromptOptions {
  /** Whether the model wants its earlier reasoning back, as `reasoning_content`. Others reject the member. */
  readonly sendReasoning: boolean;
}

/** Throws `UNPROCESSABLE` for a file of a kind that the format cannot carry. */
export function toWireMessages(prompt: LanguageModelV4Prompt, options: PromptOptions): WireRequestMessage[] {
  const messages: WireRequestMessage[] = [];
  for (const message of prompt) {
    switch (message.role) {
      case "system":
        messages.push({ role: "system", content: message.content });
        break;
      case "user":
        messages.push({ role: "user", content: toUserContent(message.content) });
        break;
      case "assistant":
        messages.push(toAssistant(message.content, options));
        break;
      case "tool":
        addToolResults(messages, message.content);
        break;
    }
  }
  return messages;
}

function toUserContent(content: Extract<Message, { role: "user" }>["content"]): unknown {
  const [only] = content;
  if (content.length === 1 && only?.type === "text") return only.text; // the form that every server takes
  return content.map((part) => (part.type === "text" ? { type: "text", text: part.text } : toFilePart(part)));
}

function toAssistant(content: AssistantContent, { sendReasoning }: PromptOptions): WireRequestMessage {
  let text = "";
  let reasoning = "";
  const calls: unknown[] = [];
  for (const part of content) {
    if (part.type === "text") text += part.text;
    else if (part.type === "reasoning") reasoning += part.text;
    else if (part.type === "tool-call" && part.providerExecuted !== true) {
      const input = typeof part.input === "string" ? part.input : JSON.stringify(part.input ?? {});
      calls.push({ id: part.toolCallId, type: "function", function: { name: part.toolName, arguments: input } });
    }
  }
  return {
    role: "assistant",
    content: text === "" && calls.length > 0 ? null : text,
    ...(sendReasoning && reasoning !== "" && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function addToolResults(messages: WireRequestMessage[], content: ToolContent): void {
  const files: unknown[] = [];
  for (const part of content) {
    if (part.type !== "tool-result") continue;
    messages.push({ role: "tool", tool_call_id: part.toolCallId, content: toResultText(part.output) });
    if (part.output.type !== "content") continue;
    for (const item of part.output.value) {
      if (item.type === "file" && item.data.type !== "text") files.push(toFilePart({ ...item, type: "file" }));
    }
  }
  // A tool message carries text only, so files follow in a message of the user.
  if (files.length > 0) messages.push({ role: "user", content: [{ type: "text", text: "Files from the tool results above:" }, ...files] });
}

function toResultText(output: LanguageModelV4ToolResultOutput): string {
  switch (output.type) {
    case "text":
    case "error-text":
      return output.value;
    case "json":
    case "error-json":
      return JSON.stringify(output.value) ?? "null";
    case "execution-denied":
      return output.reason ?? "The tool call was denied and not executed.";
    case "content":
      return output.value
        .map((item) =>
          item.type === "text" ? item.text : item.type === "file" && item.data.type === "text" ? item.data.text : `(${item.type})`,
        )
        .join("\n");
  }
}

const AUDIO_FORMATS: Readonly<Record<string, string>> = {
  "audio/wav": "wav",
  "audio/x-wav": "wav",
  "audio/mpeg": "mp3",
  "audio/mp3": "mp3",
};

function toFilePart({ data, mediaType, filename }: LanguageModelV4FilePart): unknown {
  if (data.type === "text") return { type: "text", text: data.text };
  if (data.type === "reference") {
    const id = data.reference["openai"] ?? Object.values(data.reference)[0];
    return { type: "file", file: { file_id: id } };
  }
  if (mediaType === "image" || mediaType.startsWith("image/")) {
    const exact = mediaType === "image" || mediaType === "image/*" ? "image/jpeg" : mediaType;
    return { type: "image_url", image_url: { url: data.type === "url" ? data.url.href : dataUrl(exact, data.data) } };
  }
  if (data.type === "data") {
    const format = AUDIO_FORMATS[mediaType];
    if (format !== undefined) return { type: "input_audio", input_audio: { data: toBase64(data.data), format } };
    if (mediaType === "application/pdf") {
      return { type: "file", file: { filename: filename ?? "document.pdf", file_data: dataUrl(mediaType, data.data) } };
    }
    if (mediaType.startsWith("text/") || mediaType === "application/json") return { type: "text", text: toText(data.data) };
  }
  throw new FermataError(
    "UNPROCESSABLE",
    `The model's interface cannot take a file of type "${mediaType}"${data.type === "url" ? " by its address" : ""}.`,
  );
}

function dataUrl(mediaType: string, data: Uint8Array | string): string {
  return `data:${mediaType};base64,${toBase64(data)}`;
}

function toText(data: Uint8Array | string): string {
  return new TextDecoder().decode(typeof data === "string" ? fromBase64(data) : data);
}
