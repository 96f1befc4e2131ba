import type { agents } from "../../../contract/routes/agents.ts";
import { describeProviders } from "../../../models/providers.ts";
import type { Handler } from "../../route-table.ts";

export const providers: Handler<typeof agents.providers> = () => ({
  providers: describeProviders(process.env).map((provider) => ({ ...provider, models: [...provider.models] })),
});
