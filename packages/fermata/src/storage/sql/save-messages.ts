/** How messages are saved: the numbers, the messages and the thread's date in one transaction, which on PostgreSQL is one statement. */
import { FermataError } from "../../errors.ts";
import { metadataOf } from "../messages.ts";
import type { MessageRecord, NewMessage } from "../messages.ts";
import { metadataText } from "../metadata.ts";
import type { Reach } from "../reach.ts";
import type { Row, SqlDatabase, SqlValue, Work } from "./database.ts";
import { forReach, owned } from "./owner.ts";
import { number, optionalText, text, toJson } from "./row.ts";

type Save = (reach: Reach, threadId: string, messages: readonly NewMessage[]) => Promise<readonly MessageRecord[]>;

/** Below a database's limit of values in one statement, with room to spare. */
const MOST_AT_ONCE = 500;
/** Texts for so few messages are kept prepared: a turn saves one or two. */
const MOST_PREPARED = 4;

export function savePlan(db: SqlDatabase): Save {
  const { table, name } = db.dialect;
  const [threads, messages] = [table("threads"), table("messages")];
  const thread = `(select thread_key from ${threads} where tenant = $1 and id = $2 {owner} order by thread_key limit 1)`;
  const number_ = `update ${threads} set last_seq = last_seq + $3, updated_at = $4 where thread_key = ${thread} returning thread_key, resource_id, last_seq`;
  // A message that is unchanged is not written again, so a client that sends its whole history with each turn costs reads alone.
  const upsert = `on conflict (id, thread_key) do update set role = excluded.role, type = excluded.type, content = excluded.content, metadata = excluded.metadata
    where ${messages}.content <> excluded.content or ${messages}.role <> excluded.role returning id, seq, created_at`;
  const columns = "(thread_key, seq, id, role, type, created_at, content, metadata)";

  const insert = `insert into ${messages} ${columns} values ($1, $2, $3, $4, $5, $6, $7, $8) ${upsert}`;
  const take = owned(4, number_);
  const unchanged = `select id, seq, created_at from ${messages} where id = $1 and thread_key = $2`;

  /** A statement per message, which costs nothing where the database is in the process. */
  function* stepByStep(reach: Reach, threadId: string, news: readonly NewMessage[], now: number): Work<MessageRecord[]> {
    const [row] = (yield forReach(take, reach, [reach.tenant, threadId, news.length, now])).rows;
    if (!row) throw unknownThread(threadId);
    const [key, resourceId] = [number(row, "thread_key"), text(row, "resource_id")];
    let seq = number(row, "last_seq") - news.length;
    const saved: MessageRecord[] = [];
    for (const message of news) {
      seq += 1;
      let [place] = (yield { text: insert, values: [key, seq, ...messageValues(message, now)] }).rows;
      place ??= (yield { text: unchanged, values: [message.id, key] }).rows[0];
      saved.push(toRecord(message, threadId, resourceId, place));
    }
    return saved;
  }

  /** One statement, one way to the server and back. */
  function together(count: number): { readonly own: string; readonly all: string } {
    const rows = Array.from({ length: count }, (_, i) => {
      const at = 4 + i * 6;
      const types = ["text", "text", "text", "bigint", "text", "jsonb"];
      return `(${i + 1}, ${types.map((type, j) => `$${at + j + 1}::${type}`).join(", ")})`;
    });
    return owned(
      4 + count * 6,
      `with t as (${number_.replace("$3", "$3::int").replace("$4", "$4::bigint")})
      , saved as (insert into ${messages} ${columns}
        select t.thread_key, t.last_seq - $3::int + v.i, v.id, v.role, v.type, v.created_at, v.content, v.metadata
        from t, (values ${rows.join(", ")}) as v (i, id, role, type, created_at, content, metadata) ${upsert})
      select t.thread_key, t.resource_id, s.id, s.seq, s.created_at from t left join saved s on true`,
    );
  }
  const prepared = new Map<number, ReturnType<typeof together>>();

  function* atOnce(reach: Reach, threadId: string, news: readonly NewMessage[], now: number): Work<MessageRecord[]> {
    const statement = prepared.get(news.length) ?? together(news.length);
    if (news.length <= MOST_PREPARED) prepared.set(news.length, statement);
    const values: SqlValue[] = [reach.tenant, threadId, news.length, now, ...news.flatMap((message) => messageValues(message, now))];
    const { rows } = yield { ...forReach(statement, reach, values), cold: news.length > MOST_PREPARED };
    const [first] = rows;
    if (!first) throw unknownThread(threadId);
    const [key, resourceId] = [number(first, "thread_key"), text(first, "resource_id")];
    const places = new Map(rows.map((row) => [optionalText(row, "id"), row]));
    const saved: MessageRecord[] = [];
    for (const message of news) {
      const place = places.get(message.id) ?? (yield { text: unchanged, values: [message.id, key] }).rows[0];
      saved.push(toRecord(message, threadId, resourceId, place));
    }
    return saved;
  }

  return async (reach, threadId, news) => {
    const now = Date.now();
    if (name === "sqlite") return await db.write(() => stepByStep(reach, threadId, news, now));
    if (news.length <= MOST_AT_ONCE) return await db.writeAlone(() => atOnce(reach, threadId, news, now));
    return await db.write(function* () {
      const saved: MessageRecord[] = [];
      for (let i = 0; i < news.length; i += MOST_AT_ONCE)
        saved.push(...(yield* atOnce(reach, threadId, news.slice(i, i + MOST_AT_ONCE), now)));
      return saved;
    });
  };
}

function messageValues({ id, role, type, createdAt, content }: NewMessage, now: number): SqlValue[] {
  const metadata = metadataOf(content);
  // Content is JSON, so `undefined` would be no content at all.
  return [id, role, type ?? null, createdAt ?? now, toJson(content ?? null), metadata === undefined ? null : metadataText(metadata)];
}

function toRecord(message: NewMessage, threadId: string, resourceId: string, place: Row | undefined): MessageRecord {
  if (!place) throw new FermataError("CONFLICT", `Message ${message.id} was deleted while it was saved.`);
  const { id, role, type, content } = message;
  return {
    id,
    threadId,
    resourceId,
    seq: number(place, "seq"),
    role,
    ...(type !== undefined && { type }),
    createdAt: number(place, "created_at"),
    content,
  };
}

function unknownThread(threadId: string): FermataError {
  return new FermataError("NOT_FOUND", `Thread ${threadId} was not found.`);
}
