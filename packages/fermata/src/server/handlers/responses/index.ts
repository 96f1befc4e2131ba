import type { responses as routes } from "../../../contract/routes/responses.ts";
import { itemPage, messageItems } from "../../../protocols/openai/conversations/items.ts";
import { toMemoryMessage } from "../../../memory/message.ts";
import { refused, unsupported } from "../../../protocols/openai/refusal.ts";
import type { Handler } from "../../route-table.ts";
import { create } from "./create.ts";
import { storedResponse } from "./stored.ts";

const get: Handler<typeof routes.get> = async ({ params, query }, call) => {
  const { value } = await storedResponse(params.responseId, call);
  if (query.stream === "true")
    throw unsupported("stream", "cannot be honoured: only a response that was created in the background can be streamed again.");
  return value;
};

const remove: Handler<typeof routes.delete> = async ({ params }, call) => {
  const { value, given, memory } = await storedResponse(params.responseId, call);
  await memory.deleteMessages([...given, value.id]);
  return { id: value.id, object: "response", deleted: true };
};

const cancel: Handler<typeof routes.cancel> = async ({ params }, call) => {
  await storedResponse(params.responseId, call);
  throw refused(
    null,
    "Only responses that were created with background: true can be cancelled. To stop another one, close its connection.",
    "not_cancellable",
  );
};

const listInputItems: Handler<typeof routes.listInputItems> = async ({ params, query }, call) => {
  const { given, memory } = await storedResponse(params.responseId, call);
  const messages = (await memory.store.messages.get(given)).map(toMemoryMessage);
  return itemPage(
    messages.flatMap(messageItems).map(({ item }) => item),
    query,
  );
};

export const responseHandlers = { create, get, delete: remove, cancel, listInputItems };
