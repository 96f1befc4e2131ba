import type { ModelMessage } from "../../models/types.ts";
import type { Instructions, SystemMessage } from "../options.ts";

/** Instructions in any form as system messages; empty text gives none. */
export function systemMessages(instructions: Instructions | undefined): ModelMessage[] {
  if (instructions === undefined) return [];
  const list: readonly (string | SystemMessage)[] = Array.isArray(instructions) ? instructions : [instructions as string | SystemMessage];
  return list.map(toSystemMessage).filter((message) => message.content !== "");
}

function toSystemMessage(item: string | SystemMessage): ModelMessage {
  if (typeof item === "string") return { role: "system", content: item };
  const { content, providerOptions } = item;
  // Provider options are JSON by contract; the provider checks them.
  return {
    role: "system",
    content,
    ...(providerOptions && { providerOptions: providerOptions as NonNullable<ModelMessage["providerOptions"]> }),
  };
}

/** Instructions as one text, for descriptions. */
export function instructionsText(instructions: Instructions | undefined): string {
  return systemMessages(instructions)
    .map((message) => (typeof message.content === "string" ? message.content : ""))
    .join("\n\n");
}
