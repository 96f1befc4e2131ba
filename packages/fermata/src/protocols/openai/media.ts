/** Images and files of a message as parts of a model message. The server fetches nothing: an address goes to the provider as it is. */
import { refused } from "./refusal.ts";

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?((?:;[\w.+-]+=[\w.+-]+)*);base64,/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

export interface FilePart {
  readonly type: "file";
  readonly data: string | URL;
  readonly mediaType: string;
  readonly filename?: string;
}

export function imagePart(url: unknown, param: string): FilePart {
  if (typeof url !== "string" || url === "") throw refused(param, `${param} must be an http(s) address or a data: URL with base64.`);
  return toFile(url, param, "image/*");
}

const DETAILS: readonly unknown[] = ["low", "high", "original"];

/** How closely the model is to look, for providers that can tell theirs. */
export function imageDetail(detail: unknown, param: string): { readonly providerOptions?: Readonly<Record<string, object>> } {
  if (detail === undefined || detail === null || detail === "auto") return {};
  if (!DETAILS.includes(detail)) throw refused(param, `${param} must be "auto", "low", "high" or "original".`);
  return { providerOptions: { openai: { imageDetail: detail } } };
}

/** A file as base64, as a `data:` URL or as an address. */
export function filePart(source: unknown, filename: unknown, param: string): FilePart {
  if (typeof source !== "string" || source === "")
    throw refused(param, `${param} must be base64, a data: URL with base64, or an http(s) address.`);
  const name = typeof filename === "string" ? filename : undefined;
  const fallback = name?.toLowerCase().endsWith(".pdf") ? "application/pdf" : "application/octet-stream";
  const part = BASE64.test(source) ? ({ type: "file", data: source, mediaType: fallback } as const) : toFile(source, param, fallback);
  return name === undefined ? part : { ...part, filename: name };
}

function toFile(source: string, param: string, fallback: string): FilePart {
  const head = DATA_URL.exec(source);
  if (head) {
    const data = source.slice(head[0].length);
    if (data === "" || !BASE64.test(data)) throw refused(param, `${param} does not hold base64.`);
    return { type: "file", data, mediaType: head[1] ?? fallback };
  }
  if (/^https?:\/\//i.test(source) && URL.canParse(source)) return { type: "file", data: new URL(source), mediaType: fallback };
  throw refused(param, `${param} must be an http(s) address or a data: URL with base64.`);
}
