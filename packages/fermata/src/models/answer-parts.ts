/** A whole answer in the form of a stream, so that a consumer needs to know one form only. */
import type { LanguageModelV2, LanguageModelV3GenerateResult, LanguageModelV4GenerateResult } from "@ai-sdk/provider";
import { normalizeFinish } from "./normalize.ts";
import type { ModelPart } from "./types.ts";

type V2GenerateResult = Awaited<ReturnType<LanguageModelV2["doGenerate"]>>;
/** What `doGenerate` of any specification version resolves to. */
export type AnyGenerateResult = V2GenerateResult | LanguageModelV3GenerateResult | LanguageModelV4GenerateResult;
type AnyContent = AnyGenerateResult["content"][number];

/** The parts that the same answer would have had as a stream, in the same order. */
export function toParts(result: AnyGenerateResult): ModelPart[] {
  const parts: ModelPart[] = [{ type: "stream-start", warnings: result.warnings ?? [] } as ModelPart]; // the union of three lists of warnings is a list of their union
  const { response } = result;
  if (response !== undefined && (response.id !== undefined || response.timestamp !== undefined || response.modelId !== undefined)) {
    parts.push({
      type: "response-metadata",
      ...(response.id !== undefined && { id: response.id }),
      ...(response.timestamp !== undefined && { timestamp: response.timestamp }),
      ...(response.modelId !== undefined && { modelId: response.modelId }),
    });
  }
  let index = 0;
  for (const content of result.content) addContent(parts, content, String(index++));
  parts.push(normalizeFinish(result));
  return parts;
}

function addContent(parts: ModelPart[], content: AnyContent, id: string): void {
  switch (content.type) {
    case "text":
    case "reasoning": {
      const { type } = content;
      const metadata = content.providerMetadata === undefined ? {} : { providerMetadata: content.providerMetadata };
      const citations = "citations" in content && content.citations !== undefined ? { citations: content.citations } : {};
      const delta = content.text === "" ? [] : [{ type: `${type}-delta`, id, delta: content.text, ...metadata }];
      // Metadata and citations go into the same place of the same version, which the union of the versions cannot say.
      parts.push(
        ...([{ type: `${type}-start`, id, ...metadata }, ...delta, { type: `${type}-end`, id, ...metadata, ...citations }] as ModelPart[]),
      );
      return;
    }
    case "tool-call": {
      const call = content.toolCallId;
      parts.push({
        type: "tool-input-start",
        id: call,
        toolName: content.toolName,
        ...(content.providerExecuted !== undefined && { providerExecuted: content.providerExecuted }),
        ...("dynamic" in content && content.dynamic !== undefined && { dynamic: content.dynamic }),
      });
      if (content.input !== "") parts.push({ type: "tool-input-delta", id: call, delta: content.input });
      parts.push({ type: "tool-input-end", id: call }, content);
      return;
    }
    default:
      parts.push(content);
  }
}
