/** Makes `value` and all that is in it unchangeable, because many requests are going to share it. */
export function deepFreeze<V>(value: V): V {
  if (typeof value !== "object" || value === null) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
