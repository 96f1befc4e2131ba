import { route, runErrors } from "../route.ts";
import { ResponseBody, ResponseObject, ResponseStreamEvent } from "../shapes/responses.ts";

export const responses = {
  create: route({
    method: "POST",
    path: "/v1/responses",
    summary: "Run an agent, in the form of OpenAI's Responses.",
    access: "agents:execute",
    body: ResponseBody,
    response: ResponseObject,
    events: ResponseStreamEvent,
    openai: true,
    errors: runErrors,
  }),
};
