/** From `'provider/model'` or an endpoint to a model. */
import { FermataError } from "../errors.ts";
import type { ResolveOptions } from "./resolve.ts";
import type { EndpointConfig, LanguageModel } from "./types.ts";

export async function resolveString(name: string, _options: ResolveOptions): Promise<LanguageModel> {
  throw new FermataError("MISCONFIGURED", `Cannot resolve the model "${name}".`);
}

export async function resolveEndpoint(config: EndpointConfig, _options: ResolveOptions): Promise<LanguageModel> {
  throw new FermataError("MISCONFIGURED", `Cannot resolve the model "${config.id}".`);
}
