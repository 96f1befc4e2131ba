import { callModel } from "../models/call.ts";
import { resolveModels } from "../models/resolve.ts";
import type { ModelCandidate } from "../models/types.ts";
import type { ScopedStore } from "../storage/store.ts";
import type { TitleOptions } from "./options.ts";

const INSTRUCTIONS =
  "Give this conversation a title: a few words, at most 80 characters, in the language of the message. Reply with the title alone, without quotation marks.";
const MAX_CHARS = 80;
/** A title says what it is about, not all of it. */
const MAX_INPUT_CHARS = 4_000;

/** Has a model name a thread after what the user said first. A thread that has got a title meanwhile keeps it. */
export async function nameThread(
  store: ScopedStore,
  threadId: string,
  text: string,
  { model, instructions }: TitleOptions,
  candidates: readonly ModelCandidate[],
): Promise<void> {
  const reply = await callModel(model === undefined ? candidates : await resolveModels(model), {
    mode: "generate",
    options: {
      prompt: [
        { role: "system", content: instructions ?? INSTRUCTIONS },
        { role: "user", content: [{ type: "text", text: text.slice(0, MAX_INPUT_CHARS) }] },
      ],
    },
  });
  let title = "";
  for (let part = await reply.parts.read(); part; part = await reply.parts.read()) if (part.type === "text-delta") title += part.delta;
  const thread = await store.threads.get(threadId);
  if (!thread || thread.title) return;
  const short =
    title
      .trim()
      .replace(/^["'\u201c]|["'\u201d]$/g, "")
      .split("\n")[0]
      ?.slice(0, MAX_CHARS) ?? "";
  if (short !== "") await store.threads.update(threadId, { title: short });
}
