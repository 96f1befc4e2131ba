/** `JSON.stringify` that does not fail: BigInt becomes text, a cycle a marker. */
export function toJson(value: unknown): string {
  try {
    // A handler without a value replies `null`, so that the body is JSON in any case.
    return JSON.stringify(value) ?? "null";
  } catch {
    return JSON.stringify(value, tolerant()) ?? "null";
  }
}

function tolerant(): (this: unknown, key: string, value: unknown) => unknown {
  const ancestors: unknown[] = [];
  return function (key, value) {
    if (typeof value === "bigint") return value.toString();
    if (typeof value !== "object" || value === null) return value;
    // `this` is the object that holds `key`: everything above it on the stack is finished.
    while (ancestors.length > 0 && ancestors.at(-1) !== this) ancestors.pop();
    if (key !== "" && ancestors.includes(value)) return "[circular]";
    ancestors.push(value);
    return value;
  };
}
