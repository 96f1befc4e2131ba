import type { agents } from "../../../contract/routes/agents.ts";
import type { RouteOutput } from "../../../contract/route.ts";
import type { GenerateResult } from "../../../agents/generate-result.ts";

type Reply = RouteOutput<typeof agents.generate>;

/** The result as the contract has it: the same members, which TypeScript cannot see through the contract's open objects. */
export function toReply(result: GenerateResult): Reply {
  return result as unknown as Reply;
}
