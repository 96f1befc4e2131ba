/** JSON text; `undefined` for what has none. What JSON cannot say does not fail a write: big numbers become text, and circles are cut. */
export function toJsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(value, cutCircles());
  }
}

function cutCircles(): (this: unknown, key: string, value: unknown) => unknown {
  const above: unknown[] = [];
  return function replace(_key, value) {
    if (typeof value === "bigint") return value.toString();
    if (typeof value !== "object" || value === null) return value;
    // `this` holds the value: what is above it is the way down to here.
    above.splice(above.lastIndexOf(this) + 1);
    if (above.includes(value)) return undefined;
    above.push(value);
    return value;
  };
}
