import type { FermataError } from "../../errors.ts";
import type { ModelMessage } from "../../models/types.ts";
import { optionsOf } from "./part-options.ts";
import { isRecord, str } from "./records.ts";

type UserContent = Extract<ModelMessage, { role: "user" }>["content"];
export type FilePart = Extract<UserContent[number], { type: "file" }>;

export function userContent(content: unknown, now: number, invalid: (reason: string) => FermataError): UserContent {
  if (typeof content === "string") return [{ type: "text", text: content, providerOptions: { mastra: { createdAt: now } } }];
  if (!Array.isArray(content)) throw invalid("needs content: a string or an array of parts");
  const parts: UserContent = [];
  for (const part of content) {
    if (!isRecord(part)) throw invalid("has a content part that is not an object");
    if (part.type === "text")
      parts.push({ type: "text", text: textOf(part.text, invalid), providerOptions: { mastra: { createdAt: now } } });
    else if (part.type === "file" || part.type === "image") parts.push(toFilePart(part, invalid));
    // Everything else (`data-…`, sources) is for people, not for the model.
  }
  return parts;
}

function textOf(text: unknown, invalid: (reason: string) => FermataError): string {
  if (typeof text !== "string") throw invalid("has a text part without text");
  return text;
}

const DATA_URL = /^data:([^;,]*)(?:;[^,]*)?,/;

/** A file or image part: data as base64, as bytes, as a `data:` URL, or somewhere on the web. */
export function toFilePart(part: Record<string, unknown>, invalid: (reason: string) => FermataError): FilePart {
  const source = part.data ?? part.url ?? part.image ?? part.file;
  const given = str(part.mediaType) ?? str(part.mimeType);
  const filename = str(part.filename);
  const make = (data: FilePart["data"], mediaType: string): FilePart => ({
    type: "file",
    data,
    mediaType,
    ...(filename !== undefined && { filename }),
    ...optionsOf(part),
  });
  if (source instanceof URL) return make({ type: "url", url: source }, given ?? fallbackType(part));
  if (source instanceof Uint8Array) return make({ type: "data", data: source }, given ?? fallbackType(part));
  if (source instanceof ArrayBuffer) return make({ type: "data", data: new Uint8Array(source) }, given ?? fallbackType(part));
  if (isRecord(source)) return make(taggedData(source, invalid), given ?? fallbackType(part));
  if (typeof source !== "string") throw invalid("has a file part without data");
  const dataUrl = DATA_URL.exec(source);
  if (dataUrl) return make({ type: "data", data: source.slice(dataUrl[0].length) }, given ?? (dataUrl[1] || fallbackType(part)));
  if (/^https?:\/\//i.test(source) && URL.canParse(source)) return make({ type: "url", url: new URL(source) }, given ?? fallbackType(part));
  return make({ type: "data", data: source }, given ?? fallbackType(part));
}

/** The newest form of the provider interface says which kind of data it is. */
function taggedData(source: Record<string, unknown>, invalid: (reason: string) => FermataError): FilePart["data"] {
  const { type, data, url, text } = source;
  if (type === "data" && (typeof data === "string" || data instanceof Uint8Array)) return { type, data };
  if (type === "url" && (typeof url === "string" || url instanceof URL) && URL.canParse(String(url)))
    return { type, url: new URL(String(url)) };
  if (type === "text" && typeof text === "string") return { type, text };
  throw invalid("has a file part without data");
}

function fallbackType(part: Record<string, unknown>): string {
  return part.type === "image" || part.image !== undefined ? "image/*" : "application/octet-stream";
}
