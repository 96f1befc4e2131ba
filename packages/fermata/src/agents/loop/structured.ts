import { FermataError } from "../../errors.ts";
import { isTooDeep } from "../../schema/json-depth.ts";
import { parsePartialJson } from "../../schema/partial-json.ts";
import { toLines } from "../../schema/messages.ts";
import { toJsonSchema, validate } from "../../schema/schema.ts";
import type { StructuredOutput } from "../options.ts";

/** Deeper data is no answer: whoever checks it or writes it out does so recursively. */
const MAX_DEPTH = 128;

/** Text that is growing into JSON. It is read again only when it has grown by a sixteenth, so that the work stays linear. */
export class StructuredText {
  #readAt = 0;
  #shown = "";

  /** The value as far as it is known, when it has changed since the last call. */
  push(text: string): { readonly value: unknown } | undefined {
    if (text.length - this.#readAt < this.#readAt >> 4) return undefined;
    this.#readAt = text.length;
    const source = unfenced(text);
    if (isTooDeep(source, MAX_DEPTH)) return undefined;
    const value = parsePartialJson(source);
    if (typeof value !== "object" || value === null) return undefined;
    const shown = JSON.stringify(value);
    if (shown === this.#shown) return undefined;
    this.#shown = shown;
    return { value };
  }
}

/** Models like to put JSON into a code fence, and some like to introduce it. */
function unfenced(text: string): string {
  const trimmed = text.trim();
  const start = trimmed.startsWith("{") || trimmed.startsWith("[") ? -1 : trimmed.indexOf("```");
  if (start < 0) return trimmed;
  const body = trimmed.slice(start + 3).replace(/^json\b/i, "");
  const end = body.lastIndexOf("```");
  return end < 0 ? body : body.slice(0, end);
}

/** @throws FermataError `STRUCTURED_OUTPUT_SCHEMA_VALIDATION_FAILED` */
export async function readObject(output: StructuredOutput, text: string): Promise<unknown> {
  let value: unknown;
  const source = unfenced(text);
  if (isTooDeep(source, MAX_DEPTH)) {
    throw new FermataError(
      "STRUCTURED_OUTPUT_SCHEMA_VALIDATION_FAILED",
      `Structured output validation failed: it is nested more than ${MAX_DEPTH} levels deep`,
    );
  }
  try {
    value = JSON.parse(source);
  } catch {
    value = text;
  }
  const checked = await validate(output.schema, value);
  if (checked.ok) return checked.value;
  throw new FermataError("STRUCTURED_OUTPUT_SCHEMA_VALIDATION_FAILED", `Structured output validation failed: ${toLines(checked.issues)}`);
}

/** What a model is told when the provider cannot be held to a schema. */
export function schemaPrompt(output: StructuredOutput): string {
  return `Answer with JSON alone, without any other text, that fits this JSON schema:\n${JSON.stringify(toJsonSchema(output.schema))}`;
}
