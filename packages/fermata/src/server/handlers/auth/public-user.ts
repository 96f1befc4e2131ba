import { userIdOf } from "../../../auth/user-id.ts";

/** What may be told of a user: to the user itself, and to nobody else. */
export interface PublicUser {
  readonly id: string;
  readonly email?: string;
  readonly name?: string;
  readonly avatarUrl?: string;
}

/** A provider's user may hold anything, secrets too: what is not named here is left out. */
export function publicUser(user: unknown): PublicUser {
  const id = userIdOf(user) ?? "";
  const record = recordOf(user);
  const text = (...names: string[]): string | undefined => {
    for (const name of names) if (typeof record[name] === "string") return record[name];
    return undefined;
  };
  const [email, name, avatarUrl] = [text("email"), text("name", "displayName"), text("avatarUrl", "picture", "image")];
  return { id, ...(email !== undefined && { email }), ...(name !== undefined && { name }), ...(avatarUrl !== undefined && { avatarUrl }) };
}

function recordOf(user: unknown): Readonly<Record<string, unknown>> {
  if (typeof user !== "object" || user === null) return {};
  const record = user as Readonly<Record<string, unknown>>;
  return typeof record.user === "object" && record.user !== null && record.email === undefined ? recordOf(record.user) : record;
}
