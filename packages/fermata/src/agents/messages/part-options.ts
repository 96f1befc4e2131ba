import type { ModelMessage } from "../../models/types.ts";
import { isRecord } from "./records.ts";

type ProviderOptions = NonNullable<Extract<ModelMessage, { role: "user" }>["content"][number]["providerOptions"]>;

/** What a provider has to be told with the part: how closely to look at an image, or again the signature of a reasoning. */
export function optionsOf(part: Record<string, unknown>): { providerOptions?: ProviderOptions } {
  const options = part.providerOptions ?? part.providerMetadata;
  // Provider options are JSON by contract; the provider checks them.
  return isRecord(options) ? { providerOptions: options as ProviderOptions } : {};
}
