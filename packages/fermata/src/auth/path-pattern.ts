/** The paths of `protected`, `public` and `rules`. */
import type { PathPattern } from "./provider.ts";

/** Whether a request of this method to one of the spellings of a path is meant. */
export type PathMatcher = (paths: readonly string[], method: string) => boolean;

/** `undefined` for no patterns, so that asking costs nothing. */
export function toMatcher(patterns: readonly PathPattern[] | undefined): PathMatcher | undefined {
  if (!patterns || patterns.length === 0) return undefined;
  const all = patterns.map(toOne);
  return (paths, method) => all.some((matches) => matches(paths, method));
}

function toOne(pattern: PathPattern): PathMatcher {
  if (pattern instanceof RegExp) {
    // With `g` or `y` an expression remembers where it stopped.
    const expression = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
    return (paths) => paths.some((path) => expression.test(path));
  }
  const [text, methods] = typeof pattern === "string" ? [pattern, undefined] : pattern;
  const expression = toExpression(text);
  const wanted = methods === undefined ? undefined : [methods].flat();
  return (paths, method) =>
    (wanted === undefined || wanted.includes("ALL") || wanted.some((one) => one === method)) && paths.some((path) => expression.test(path));
}

/** `*` stands for anything, slashes included; `:name` for one segment. */
function toExpression(text: string): RegExp {
  const source = text
    .split(/(\*+|:\w+)/)
    .map((part) => (part.startsWith("*") ? ".*" : /^:\w/.test(part) ? "[^/]+" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")))
    .join("");
  return new RegExp(`^${source}$`, "s");
}
