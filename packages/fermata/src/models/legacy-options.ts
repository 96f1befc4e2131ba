/** Call options for v2 and v3 models, which write files, provider tools and denied tools differently. */
import { toBase64 } from "./base64.ts";
import type { ModelCallOptions, ModelMessage } from "./types.ts";

/** The result has the older form where they differ, so its static type is only right for what is the same. */
export function toLegacyOptions(options: ModelCallOptions, version: "v2" | "v3"): ModelCallOptions {
  const prompt = mapChanged(options.prompt, (message) => toLegacyMessage(message, version));
  const tools = version === "v2" && options.tools !== undefined ? mapChanged(options.tools, toLegacyTool) : options.tools;
  if (prompt === options.prompt && tools === options.tools) return options;
  return { ...options, prompt, ...(tools !== undefined && { tools }) };
}

type Tool = NonNullable<ModelCallOptions["tools"]>[number];

function toLegacyTool(tool: Tool): Tool {
  return tool.type === "provider" ? ({ ...tool, type: "provider-defined" } as unknown as Tool) : tool; // v2's name of the same thing
}

type Part = Extract<ModelMessage["content"], readonly unknown[]>[number];
type FileData = Extract<Part, { type: "file" }>["data"];
type ToolOutput = Extract<Part, { type: "tool-result" }>["output"];

function toLegacyMessage(message: ModelMessage, version: "v2" | "v3"): ModelMessage {
  if (message.role === "system") return message;
  // The content types of the three roles differ; a part never changes the role that it fits.
  const content = mapChanged(message.content as Part[], (part) => toLegacyPart(part, version));
  return content === message.content ? message : ({ ...message, content } as ModelMessage);
}

function toLegacyPart(part: Part, version: "v2" | "v3"): Part {
  if (part.type === "file" && isTagged(part.data)) {
    if (part.data.type === "text" && part.mediaType.startsWith("text/")) return { type: "text", text: part.data.text };
    return { ...part, data: toLegacyData(part.data) } as unknown as Part; // v2 and v3 hold the bytes, base64 text or URL itself
  }
  if (part.type === "tool-result") {
    const output = toLegacyOutput(part.output, version);
    return output === part.output ? part : { ...part, output };
  }
  return part;
}

/** An app may hand on a message that it wrote for an older model. */
function isTagged(data: FileData): boolean {
  return typeof data === "object" && data !== null && "type" in data && !(data instanceof URL) && !(data instanceof Uint8Array);
}

function toLegacyData(data: FileData): Uint8Array | string | URL {
  switch (data.type) {
    case "data":
      return data.data;
    case "url":
      return data.url;
    case "text":
      return new TextEncoder().encode(data.text);
    case "reference":
      return Object.values(data.reference)[0] ?? "";
  }
}

function toLegacyOutput(output: ToolOutput, version: "v2" | "v3"): ToolOutput {
  if (output.type === "execution-denied" && version === "v2") {
    return { type: "error-text", value: output.reason ?? "The tool was not executed: the call was denied." };
  }
  if (output.type !== "content") return output;
  const value = output.value.map((item) => {
    if (item.type !== "file" || !isTagged(item.data)) return item;
    const { data, mediaType } = item;
    if (data.type === "text") return { type: "text", text: data.text };
    if (data.type === "url") return version === "v2" ? { type: "text", text: data.url.href } : { type: "file-url", url: data.url.href };
    if (data.type === "reference") return version === "v2" ? { type: "text", text: "(file)" } : { type: "file-id", fileId: data.reference };
    const base64 = toBase64(data.data);
    return { type: version === "v2" ? "media" : "file-data", data: base64, mediaType };
  });
  return { type: "content", value } as ToolOutput; // the older forms of `content`
}

/** Like `map`, but returns `items` itself when nothing changed. */
function mapChanged<T>(items: T[], change: (item: T) => T): T[] {
  let changed: T[] | undefined;
  for (const [index, item] of items.entries()) {
    const next = change(item);
    if (next !== item) (changed ??= [...items])[index] = next;
  }
  return changed ?? items;
}
