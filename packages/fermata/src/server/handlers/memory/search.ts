import type { memory as routes } from "../../../contract/routes/memory.ts";
import { searchByMeaning, searchMessages } from "../../../memory/search.ts";
import type { Handler } from "../../route-table.ts";
import { openMemory, ownerOf, refuseForeign } from "./open-memory.ts";

export const search: Handler<typeof routes.search> = async ({ query }, call) => {
  const { searchQuery, threadId, limit } = query;
  const memory = await openMemory(query, call);
  if (threadId !== undefined && !(await memory.getThreadById({ threadId }))) await refuseForeign(memory, threadId);
  const wanted = { query: searchQuery, resourceId: ownerOf(query.resourceId, call), threadId, limit };
  const near = await searchByMeaning(memory, wanted);
  const found = near ?? (await searchMessages(memory.store, wanted));
  const results = found.map(({ message, threadTitle, before, after }) => ({
    ...toFound(message),
    threadId: message.threadId,
    threadTitle,
    context: { before: before.map(toFound), after: after.map(toFound) },
  }));
  return {
    results,
    count: results.length,
    query: searchQuery,
    searchScope: threadId === undefined ? "resource" : "thread",
    searchType: near ? "semantic" : "text",
  };
};

function toFound({
  id,
  role,
  text,
  createdAt,
}: {
  readonly id: string;
  readonly role: string;
  readonly text: string;
  readonly createdAt: Date;
}) {
  return { id, role, content: text, createdAt: createdAt.toISOString() };
}
