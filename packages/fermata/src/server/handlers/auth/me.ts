import type { auth } from "../../../contract/routes/auth.ts";
import type { Handler } from "../../route-table.ts";

export const me: Handler<typeof auth.me> = () => null;
