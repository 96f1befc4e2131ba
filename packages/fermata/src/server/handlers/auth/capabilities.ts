import type { auth } from "../../../contract/routes/auth.ts";
import type { Handler } from "../../route-table.ts";

export const capabilities: Handler<typeof auth.capabilities> = () => ({ enabled: false, login: null });
