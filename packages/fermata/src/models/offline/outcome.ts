/** What a tool's answer means: a value, a failure or a refusal. */
import type { JSONValue, LanguageModelV4ToolResultOutput } from "@ai-sdk/provider";
import { isObject } from "./json.ts";

export type Outcome =
  | { readonly kind: "value"; readonly value: JSONValue }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "denied"; readonly reason: string };

export function readOutput(output: LanguageModelV4ToolResultOutput): Outcome {
  switch (output.type) {
    case "json":
      return fromValue(output.value);
    case "text":
      return fromValue(parsed(output.value));
    case "error-text":
      return { kind: "failed", reason: output.value };
    case "error-json":
      return { kind: "failed", reason: reasonOf(output.value) };
    case "execution-denied":
      return { kind: "denied", reason: output.reason ?? "" };
    case "content":
      return {
        kind: "value",
        value: output.value
          .map((part) =>
            part.type === "text"
              ? part.text
              : part.type === "file"
                ? `(a file, ${part.mediaType})`
                : "(content of a kind that has no text)",
          )
          .join("\n"),
      };
  }
}

function parsed(text: string): JSONValue {
  if (!/^\s*[[{]/.test(text) || text.length > 1_000_000) return text;
  try {
    return JSON.parse(text) as JSONValue; // JSON.parse gives JSON
  } catch {
    return text;
  }
}

/** Many tools report a failure as a plain result. */
function fromValue(value: JSONValue): Outcome {
  if (typeof value === "string" && /was not approved by the user|declined by the user/i.test(value)) return { kind: "denied", reason: "" };
  if (!isObject(value)) return { kind: "value", value };
  const failed =
    value.success === false ||
    value.ok === false ||
    value.isError === true ||
    (typeof value.error === "string" && value.error !== "") ||
    (typeof value.error === "object" && value.error !== null);
  return failed ? { kind: "failed", reason: reasonOf(value) } : { kind: "value", value };
}

function reasonOf(value: JSONValue): string {
  if (typeof value === "string") return value;
  if (!isObject(value)) return JSON.stringify(value).slice(0, 300);
  for (const key of ["error", "message", "reason", "detail", "details", "cause"]) {
    const inner = value[key];
    if (inner !== undefined && inner !== null && inner !== "" && typeof inner !== "boolean") return reasonOf(inner);
  }
  return "no reason was given";
}
