/** OpenAI's own client, pointed at the server with nothing but a base URL. */
import OpenAI from "openai";

export function connect(url: string, base = "/v1"): OpenAI {
  return new OpenAI({ baseURL: `${url}${base}`, apiKey: "none", maxRetries: 0 });
}

/** What a call of the client fails with. @throws Error when it does not fail, or not with an answer of the server. */
export async function failureOf(call: PromiseLike<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await call;
  } catch (error) {
    if (error instanceof OpenAI.APIError) return error;
    throw error;
  }
  throw new Error("The call did not fail.");
}

export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** A 1x1 image. */
export const PIXEL =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** A function that the caller runs. */
export const getTime = {
  type: "function",
  name: "getTime",
  description: "The time",
  parameters: { type: "object", properties: { zone: { type: "string" } }, required: ["zone"] },
  strict: false,
} as const;
