/** `JSON.stringify` that does not fail: BigInt becomes text, a cycle a marker. A value without a text is `null`, so that it is JSON in any case. */
export function toJson(value: unknown): string {
  return toJsonText(value) ?? "null";
}

/** The same; `undefined` for a value without a text. */
export function toJsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(value, tolerant());
  }
}

function tolerant(): (this: unknown, key: string, value: unknown) => unknown {
  const above: unknown[] = [];
  return function replace(_key, value) {
    if (typeof value === "bigint") return value.toString();
    if (typeof value !== "object" || value === null) return value;
    // `this` holds the value: what is above it is the way down to here.
    above.splice(above.lastIndexOf(this) + 1);
    if (above.includes(value)) return "[circular]";
    above.push(value);
    return value;
  };
}
