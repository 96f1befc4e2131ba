/** The Responses API and its conversations under the reference's names. */
import type { Invoke } from "../api.ts";
import type { RequestContextInput, Values } from "../request.ts";
import type { ClientStream } from "../stream.ts";
import { inTheirWords } from "./error.ts";
import { makeMethods, type Connection } from "./resource.ts";
import type { BodyOf, Context, ReplyOf, Untyped } from "./untyped.ts";

/** A response, with its text put together. */
export type ResponsesResponse = ReplyOf<"responses", "create"> & { output_text: string };
type Create = BodyOf<"responses", "create">;

/** The events of a response while it is made. Read it once. */
export class ResponsesStream implements AsyncIterable<Untyped> {
  readonly #stream: ClientStream<unknown>;

  constructor(stream: ClientStream<unknown>) {
    this.#stream = stream;
  }

  /** The stream as bytes. */
  asResponse(): Response {
    return new Response(this.#stream.body, { headers: { "content-type": "text/event-stream" } });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Untyped> {
    for await (const event of this.#stream) yield withTextInside(event);
  }
}

export interface Responses {
  create(params: Create & { stream: true }): Promise<ResponsesStream>;
  create(params: Create & { stream?: false }): Promise<ResponsesResponse>;
  stream(params: Create): Promise<ResponsesStream>;
  retrieve(responseId: string, requestContext?: Context): Promise<ResponsesResponse>;
  delete(responseId: string, requestContext?: Context): Promise<ReplyOf<"responses", "delete">>;
}

export interface Conversations {
  create(params: BodyOf<"conversations", "create">): Promise<ReplyOf<"conversations", "create">>;
  retrieve(conversationId: string, requestContext?: Context): Promise<ReplyOf<"conversations", "get">>;
  delete(conversationId: string, requestContext?: Context): Promise<ReplyOf<"conversations", "delete">>;
  readonly items: { list(conversationId: string, requestContext?: Context): Promise<ReplyOf<"conversations", "listItems">> };
}

export function makeResponses(invoke: Invoke): Responses {
  const call = (name: string, parts: { params?: Values; body?: Values }, requestContext: unknown): Promise<unknown> =>
    inTheirWords(invoke("responses", name, parts, requestContext ? { requestContext: requestContext as RequestContextInput } : {}));
  const create = async ({ requestContext, ...body }: Values): Promise<unknown> => {
    const made = await call("create", { body }, requestContext);
    return body.stream === true ? new ResponsesStream(made as ClientStream<unknown>) : withText(made); // as the contract says
  };
  const responses = {
    create,
    stream: (params: Values) => create({ ...params, stream: true }),
    retrieve: async (responseId: string, context?: Context) => withText(await call("get", { params: { responseId } }, context)),
    delete: (responseId: string, context?: Context) => call("delete", { params: { responseId } }, context),
  };
  return responses as unknown as Responses; // what each route replies with stands in the contract
}

export function makeConversations(connection: Connection): Conversations {
  const conversations = {
    ...makeMethods(connection, {
      create: "POST /v1/conversations *",
      retrieve: "GET /v1/conversations/:conversationId conversationId @",
      delete: "DELETE /v1/conversations/:conversationId conversationId @",
    }),
    items: makeMethods(connection, { list: "GET /v1/conversations/:conversationId/items conversationId @" }),
  };
  return conversations as unknown as Conversations; // as above
}

function withText(response: unknown): unknown {
  const { output } = response as ReplyOf<"responses", "create">; // as the contract says
  const texts = (output as Untyped[]).flatMap((item: Untyped) => (item.type === "message" ? item.content : []));
  const text = texts.map((part: Untyped) => (part.type === "output_text" ? part.text : "")).join("");
  return { ...(response as object), output_text: text };
}

function withTextInside(event: unknown): unknown {
  return typeof event === "object" && event !== null && "response" in event ? { ...event, response: withText(event.response) } : event;
}
