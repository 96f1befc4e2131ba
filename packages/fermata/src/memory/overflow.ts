/** Providers say in different words that a conversation is too long for the model. */

const CODES: ReadonlySet<string> = new Set([
  "context_length_exceeded",
  "string_above_max_length",
  "request_too_large",
  "model_context_window_exceeded",
  "context_window_exceeded",
]);

/** OpenAI and those that copy it, Anthropic, Google, Bedrock, Mistral, Cohere, xAI, Groq, llama.cpp, Ollama. */
const WORDS = [
  /maximum context length/i,
  /context[ _-]?(length|window|size|limit)[^.]{0,40}(exceed|too|larg|full|small)/i,
  /(exceed|larger|longer|more)[^.]{0,60}(context[ _-]?(length|window|size|limit)|maximum (number of )?(input )?tokens|token limit)/i,
  /prompt is too long/i,
  /input (is )?too long/i,
  /input token count[^.]*exceeds/i,
  /too many (input )?tokens/i,
  /reduce the length of the (messages|prompt|input)/i,
  /input length and `?max_tokens`? exceed/i,
];

const MAX_DEPTH = 6;

/** Whether the provider refused a call because the conversation is too long. Looks into the causes: what the caller is told does not say it. */
export function isContextOverflow(error: unknown, depth = 0): boolean {
  if (typeof error === "string") return WORDS.some((words) => words.test(error));
  if (typeof error !== "object" || error === null || depth > MAX_DEPTH) return false;
  const { code, type, message, responseBody, cause, error: inner, data, lastError } = error as Readonly<Record<string, unknown>>;
  if (typeof code === "string" && CODES.has(code)) return true;
  if (typeof type === "string" && CODES.has(type)) return true;
  if ([message, responseBody].some((text) => typeof text === "string" && WORDS.some((words) => words.test(text)))) return true;
  return [cause, inner, data, lastError].some((next) => next !== undefined && isContextOverflow(next, depth + 1));
}

const LIMITS = [
  /maximum context length (?:of|is) ([\d,]+)/i,
  /> ([\d,]+) maximum/i,
  /maximum number of tokens allowed \(([\d,]+)\)/i,
  /context (?:length|window|size)[^.\d]{0,30}([\d,]{4,})/i,
];

/** How many tokens the model takes, when the provider's refusal says so. */
export function contextLimit(error: unknown, depth = 0): number | undefined {
  if (typeof error === "string") {
    for (const limit of LIMITS) {
      const tokens = Number(limit.exec(error)?.[1]?.replaceAll(",", ""));
      if (Number.isSafeInteger(tokens) && tokens > 0) return tokens;
    }
    return undefined;
  }
  if (typeof error !== "object" || error === null || depth > MAX_DEPTH) return undefined;
  const { message, responseBody, cause, error: inner, data, lastError } = error as Readonly<Record<string, unknown>>;
  for (const next of [message, responseBody, cause, inner, data, lastError]) {
    const tokens = next === undefined ? undefined : contextLimit(next, depth + 1);
    if (tokens !== undefined) return tokens;
  }
  return undefined;
}
