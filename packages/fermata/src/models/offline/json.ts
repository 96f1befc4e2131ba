import type { JSONObject, JSONValue } from "@ai-sdk/provider";

/** `Array.isArray` does not narrow readonly arrays away, so objects are told apart here. */
export function isObject(value: JSONValue | undefined): value is JSONObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
