import type { StoredMessage, StoredPart } from "./stored.ts";

/** A message as AI SDK 5 user interfaces show it. */
export interface UiMessage {
  readonly id: string;
  readonly role: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly parts: readonly Readonly<Record<string, unknown>>[];
}

export function toUiMessage(message: StoredMessage): UiMessage {
  return {
    id: message.id,
    role: message.role,
    metadata: {
      ...message.content.metadata,
      createdAt: message.createdAt,
      ...(message.threadId !== undefined && { threadId: message.threadId }),
      ...(message.resourceId !== undefined && { resourceId: message.resourceId }),
    },
    parts: message.content.parts.map(toUiPart),
  };
}

function toUiPart(part: StoredPart): Record<string, unknown> {
  switch (part.type) {
    case "text":
      return {
        type: "text",
        text: part.text,
        ...(part.createdAt !== undefined && { providerMetadata: { mastra: { createdAt: part.createdAt } } }),
      };
    case "reasoning":
      return { type: "reasoning", text: part.text };
    case "file":
      return {
        type: "file",
        mediaType: part.mimeType,
        url: /^https?:|^data:/.test(part.data) ? part.data : `data:${part.mimeType};base64,${part.data}`,
      };
    case "source":
      return { type: "source-url", sourceId: part.source.id, url: part.source.url, title: part.source.title };
    case "step-start":
      return { type: "step-start" };
    case "tool-invocation":
      return toUiToolPart(part.toolInvocation, part.createdAt);
  }
}

function toUiToolPart(
  call: Extract<StoredPart, { type: "tool-invocation" }>["toolInvocation"],
  createdAt: number | undefined,
): Record<string, unknown> {
  const base = { type: `tool-${call.toolName}`, toolCallId: call.toolCallId, input: call.args };
  switch (call.state) {
    case "call":
      return { ...base, state: "input-available", callProviderMetadata: { mastra: { createdAt } } };
    case "result":
      return { ...base, output: call.result, state: "output-available" };
    case "output-error":
      return { ...base, errorText: call.errorText, state: "output-error" };
    case "output-denied":
      return { ...base, output: call.approval?.reason ?? null, state: "output-available" };
  }
}
