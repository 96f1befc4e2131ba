/** The types that OpenAI's package gives to what a server says. */
import type OpenAI from "openai";
import type { Conversation, ConversationDeletedResource } from "openai/resources/conversations/conversations";
import type { ConversationItem, ConversationItemList } from "openai/resources/conversations/items";
import type { ResponseItemList } from "openai/resources/responses/input-items";
import type { Response, ResponseFormatTextJSONSchemaConfig, ResponseStreamEvent } from "openai/resources/responses/responses";

type Text = NonNullable<Response["text"]>;

/** OpenAI's API sends `null` where its types leave a member out, and other implementations have reasons of their own. */
type Sent = Omit<Response, "output_text" | "usage" | "user" | "incomplete_details" | "text"> & {
  usage: NonNullable<Response["usage"]> | null;
  user: string | null;
  incomplete_details: { reason: string } | null;
  text: Omit<Text, "format"> & {
    format: NonNullable<Text["format"]> | (Omit<ResponseFormatTextJSONSchemaConfig, "description"> & { description: string | null });
  };
};

type SentEvent<T> = T extends { response: Response } ? Omit<T, "response"> & { response: Sent } : T;

/** Models that reason are given a member for it by everybody but OpenAI. */
type Delta = OpenAI.ChatCompletionChunk.Choice.Delta & { reasoning_content?: string };

export interface Kinds {
  Response: Sent;
  ResponseStreamEvent: SentEvent<ResponseStreamEvent>;
  ResponseItemList: ResponseItemList;
  Conversation: Conversation;
  ConversationDeletedResource: ConversationDeletedResource;
  ConversationItem: ConversationItem;
  ConversationItemList: ConversationItemList;
  ChatCompletion: OpenAI.ChatCompletion;
  ChatCompletionChunk: Omit<OpenAI.ChatCompletionChunk, "choices"> & {
    choices: (Omit<OpenAI.ChatCompletionChunk.Choice, "delta"> & { delta: Delta })[];
  };
  Model: OpenAI.Model;
  ErrorObject: OpenAI.ErrorObject;
}
