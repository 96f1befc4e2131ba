/**
 * Reads JSON that is still being written. Text that is cut anywhere gives the value as far as it is known,
 * or `undefined` when nothing is known yet. One pass, no recursion: depth is bounded by the text, not by the stack.
 */
export function parsePartialJson(text: string): unknown {
  const source = text.trim();
  if (source === "") return undefined;
  try {
    return JSON.parse(source);
  } catch {
    const mended = closeJson(source);
    if (mended === undefined) return undefined;
    try {
      return JSON.parse(mended);
    } catch {
      return undefined;
    }
  }
}

/** Deeper data is not shown before it is complete: whoever writes it out again does so recursively. */
const MAX_DEPTH = 256;

/** Cuts what is incomplete off the end and closes what is open. */
function closeJson(source: string): string | undefined {
  const closers: string[] = [];
  let inString = false;
  let escaped = false;
  /** The end of the last complete value. Nothing opens or closes after it, so what is open there is what is open at the end. */
  let safeEnd = 0;
  for (let index = 0; index < source.length; index++) {
    const char = source[index];
    if (inString) {
      if (escaped) escaped = false;
      else if (char === "\\") escaped = true;
      else if (char === '"') inString = false;
      continue;
    }
    if (char === '"') inString = true;
    else if (char === "{" || char === "[") {
      closers.push(char === "{" ? "}" : "]");
      if (closers.length > MAX_DEPTH) return undefined;
      safeEnd = index + 1;
    } else if (char === "}" || char === "]") {
      closers.pop();
      safeEnd = index + 1;
    } else if (char === ",") safeEnd = index;
  }
  const end = closers.toReversed().join("");
  return openTail(source, inString, escaped, end) ?? (safeEnd === 0 ? undefined : source.slice(0, safeEnd) + end);
}

/** A value that is being written at the very end can be kept when it is a string, a number or a whole word. */
function openTail(source: string, inString: boolean, escaped: boolean, end: string): string | undefined {
  let text = escaped ? source.slice(0, -1) : source;
  if (inString) text = `${withoutOpenEscape(text)}"`;
  else text = text.replace(/[,:]\s*$/, "").replace(/(\d)[.eE][+-]?$/, "$1");
  const candidate = text + end;
  try {
    JSON.parse(candidate);
    return candidate;
  } catch {
    return undefined;
  }
}

/** Without a `\uXXXX` that is not complete. A backslash before the `u` that is itself escaped begins nothing. */
function withoutOpenEscape(text: string): string {
  const digits = /u[0-9a-fA-F]{0,3}$/.exec(text.slice(-4));
  if (!digits) return text;
  const end = text.length - digits[0].length;
  let start = end;
  while (text[start - 1] === "\\") start--;
  return (end - start) % 2 === 1 ? text.slice(0, end - 1) : text;
}
