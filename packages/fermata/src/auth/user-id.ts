/** Where the providers of the world keep a user's id. */
const NAMES = ["id", "sub", "uid", "userId", "user_id"] as const;

/** The id of a user as any provider gives it, also below `user` as Better Auth has it; `undefined` when there is none. */
export function userIdOf(user: unknown): string | undefined {
  if (typeof user === "string") return user === "" ? undefined : user;
  if (typeof user !== "object" || user === null) return undefined;
  const record = user as Readonly<Record<string, unknown>>;
  for (const name of NAMES) {
    const value = record[name];
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number") return String(value);
  }
  return "user" in record ? userIdOf(record.user) : undefined;
}
