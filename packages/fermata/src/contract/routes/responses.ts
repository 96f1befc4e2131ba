import { route, runErrors } from "../route.ts";
import { ItemList, ItemQuery } from "../shapes/conversations.ts";
import { DeletedResponse, ResponseBody, ResponseObject, ResponseParams, ResponseQuery, ResponseStreamEvent } from "../shapes/responses.ts";

const one = { openai: true, params: ResponseParams, errors: ["NOT_FOUND", "CONFLICT"] } as const;

export const responses = {
  create: route({
    method: "POST",
    path: "/v1/responses",
    begins: true,
    summary: "Run an agent, in the form of OpenAI's Responses.",
    access: "agents:execute",
    asksForEach: true,
    body: ResponseBody,
    response: ResponseObject,
    events: ResponseStreamEvent,
    openai: true,
    errors: runErrors,
  }),
  get: route({
    method: "GET",
    path: "/v1/responses/:responseId",
    summary: "Get a stored response.",
    access: "agents:read",
    query: ResponseQuery,
    response: ResponseObject,
    events: ResponseStreamEvent,
    ...one,
  }),
  delete: route({
    method: "DELETE",
    path: "/v1/responses/:responseId",
    summary: "Delete a stored response with the messages of its turn.",
    access: "agents:delete",
    response: DeletedResponse,
    ...one,
  }),
  cancel: route({
    method: "POST",
    path: "/v1/responses/:responseId/cancel",
    summary: "Stop a response that runs in the background.",
    access: "agents:execute",
    response: ResponseObject,
    ...one,
  }),
  listInputItems: route({
    method: "GET",
    path: "/v1/responses/:responseId/input_items",
    summary: "List what a stored response was given.",
    access: "agents:read",
    query: ItemQuery,
    response: ItemList,
    ...one,
  }),
};
