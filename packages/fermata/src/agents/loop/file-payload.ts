import type { ModelPart } from "../../models/types.ts";
import { toBase64 } from "../messages/base64.ts";
import type { FilePayload } from "./state.ts";

/** A generated file as base64, whatever form the model's version gives it in. `undefined` for a file that is only an address. */
export function toFilePayload(part: Extract<ModelPart, { type: "file" }>): FilePayload | undefined {
  const { data } = part;
  const content = typeof data === "object" && "type" in data ? (data.type === "data" ? data.data : undefined) : data;
  if (content === undefined) return undefined;
  const text = typeof content === "string" ? content : toBase64(content);
  return { data: text, base64: text, mimeType: part.mediaType };
}
