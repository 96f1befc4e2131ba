import { agents } from "./routes/agents.ts";
import { apiKeys } from "./routes/api-keys.ts";
import { auth } from "./routes/auth.ts";
import { chat } from "./routes/chat.ts";
import { conversations } from "./routes/conversations.ts";
import { compat } from "./routes/compat.ts";
import { memoryCompat } from "./routes/memory-compat.ts";
import { memory } from "./routes/memory.ts";
import { responses } from "./routes/responses.ts";
import { runs } from "./routes/runs.ts";
import { schedules } from "./routes/schedules.ts";
import { system } from "./routes/system.ts";
import { vectors } from "./routes/vectors.ts";
import { tools } from "./routes/tools.ts";
import { workflows } from "./routes/workflows.ts";

/** Every route of the server, by group and name. A route's id is `<group>.<name>`. */
export const contract = {
  agents,
  tools,
  system,
  apiKeys,
  auth,
  chat,
  responses,
  conversations,
  runs,
  compat,
  memory,
  memoryCompat,
  vectors,
  workflows,
  schedules,
};

export type Contract = typeof contract;
