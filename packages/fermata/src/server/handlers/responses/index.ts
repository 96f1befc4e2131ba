import type { responses as routes } from "../../../contract/routes/responses.ts";
import { itemPage, messageItems } from "../../../protocols/openai/conversations/items.ts";
import { toMemoryMessage } from "../../../memory/message.ts";
import { checkInclude } from "../../../protocols/openai/responses/options.ts";
import { refused, unsupported } from "../../../protocols/openai/refusal.ts";
import type { Handler } from "../../route-table.ts";
import { runsOf } from "../runs/find-run.ts";
import { assertKnown, backgroundStream, backgroundValue, findBackground, givenItems } from "./background.ts";
import { create } from "./create.ts";
import { findStored, notFound, storedResponse } from "./stored.ts";

const get: Handler<typeof routes.get> = async ({ params, query }, call) => {
  checkInclude([query.include ?? [], query["include[]"] ?? []].flat());
  if (query.include_obfuscation === "true") throw unsupported("include_obfuscation", "cannot be true.");
  if (query.starting_after !== undefined && query.stream !== "true")
    throw refused("starting_after", "starting_after says where a stream goes on: it needs stream=true.");
  const stored = await findStored(params.responseId, call);
  const background = await findBackground(params.responseId, call);
  if (query.stream === "true") {
    if (background) {
      await assertKnown(background, query.starting_after ?? 0, call);
      return backgroundStream(background, query.starting_after ?? 0, call);
    }
    if (!stored) throw notFound(params.responseId);
    throw unsupported("stream", "cannot be honoured: only a response that was created in the background can be streamed again.");
  }
  if (stored) return stored.value;
  if (background) return backgroundValue(background, call);
  throw notFound(params.responseId);
};

const remove: Handler<typeof routes.delete> = async ({ params }, call) => {
  const { responseId: id } = params;
  const stored = await findStored(id, call);
  const background = await findBackground(id, call);
  if (!stored && !background) throw notFound(id);
  if (background && !(await runsOf(call).store.remove(background.run.id)))
    throw refused(null, "The response is in progress: cancel it first.", "response_in_progress", "CONFLICT");
  if (stored) await stored.memory.deleteMessages([...stored.given, stored.value.id]);
  return { id, object: "response", deleted: true };
};

/** How long the reply waits for the run to stop. */
const STOP_MS = 5_000;

const cancel: Handler<typeof routes.cancel> = async ({ params }, call) => {
  const background = await findBackground(params.responseId, call);
  if (!background) {
    await storedResponse(params.responseId, call);
    throw refused(
      null,
      "Only responses that were created with background: true can be cancelled. To stop another one, close its connection.",
      "not_cancellable",
    );
  }
  const runs = runsOf(call);
  if (!(await runs.cancel(background.run)))
    throw refused(null, `Response ${params.responseId} has ended: there is nothing to cancel.`, "not_cancellable", "CONFLICT");
  const run = await runs.settled(background.run, AbortSignal.timeout(STOP_MS)).catch(() => background.run); // it stops all the same
  return backgroundValue({ ...background, run }, call);
};

const listInputItems: Handler<typeof routes.listInputItems> = async ({ params, query }, call) => {
  checkInclude([query.include ?? [], query["include[]"] ?? []].flat());
  const stored = await findStored(params.responseId, call);
  if (!stored) {
    const background = await findBackground(params.responseId, call);
    if (!background) throw notFound(params.responseId);
    return itemPage(givenItems(background), query);
  }
  const messages = (await stored.memory.store.messages.get(stored.given)).map(toMemoryMessage);
  return itemPage(
    messages.flatMap(messageItems).map(({ item }) => item),
    query,
  );
};

export const responseHandlers = { create, get, delete: remove, cancel, listInputItems };
