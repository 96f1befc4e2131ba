/** Chat Completions: agents behind any program that speaks to OpenAI. */
import { route, runErrors } from "../route.ts";
import { ChatBody, ChatCompletion, ChatCompletionEvent, ModelEntry, ModelList, ModelParams } from "../shapes/chat.ts";

export const chat = {
  create: route({
    method: "POST",
    path: "/v1/chat/completions",
    begins: true,
    summary: "Run the agent that `model` names, in the form of OpenAI's Chat Completions.",
    access: "agents:execute",
    asksForEach: true,
    body: ChatBody,
    response: ChatCompletion,
    events: ChatCompletionEvent,
    openai: true,
    errors: runErrors,
  }),
  listModels: route({
    method: "GET",
    path: "/v1/models",
    summary: "List the agents, in the form of OpenAI's models.",
    access: "agents:read",
    asksForEach: true,
    response: ModelList,
    openai: true,
  }),
  getModel: route({
    method: "GET",
    path: "/v1/models/:model",
    summary: "Describe an agent, in the form of OpenAI's models.",
    access: "agents:read",
    asksForEach: true,
    params: ModelParams,
    response: ModelEntry,
    openai: true,
    errors: ["NOT_FOUND"],
  }),
};
