/** Keys for programs: made, listed and taken back by those who run the server, each in its own tenant. */
import { capable, isApiKeyProvider, type IApiKeyProvider } from "../../../auth/capabilities.ts";
import type { ApiKeyInfo } from "../../../auth/new-api-key.ts";
import { grants, USER_SCOPES } from "../../../auth/permissions.ts";
import type { apiKeys as routes } from "../../../contract/routes/api-keys.ts";
import { FermataError } from "../../../errors.ts";
import { reachOf } from "../../../storage/reach.ts";
import type { Call } from "../../call.ts";
import type { Handler, Handlers } from "../../route-table.ts";

const list: Handler<typeof routes.list> = async ({ query: { subject, page, perPage } }, call) => {
  const { tenant } = call.principal;
  const { items, total, hasMore } = await keysOf(call).list({ tenant, page, perPage, ...(subject !== undefined && { subject }) });
  return { apiKeys: items.map(toReply), total, page, perPage, hasMore };
};

const create: Handler<typeof routes.create> = async ({ body: { name, subject, roles, scopes, expiresInSeconds } }, call) => {
  const keys = keysOf(call);
  const { tenant } = call.principal;
  const { resourceId } = reachOf(call.principal);
  const own = resourceId ?? call.principal.subject;
  if (subject !== undefined && subject !== own && resourceId !== undefined)
    throw new FermataError("FORBIDDEN", "A key for another user needs the scope resources:*.");
  await refuseMore(call, roles, scopes);
  const { key, info } = await keys.create({ name, subject: subject ?? own, tenant, roles, scopes, expiresInSeconds });
  return Response.json({ key, apiKey: info }, { headers: { "cache-control": "no-store" } });
};

/** A key must not be a way to what its maker may not do. @throws FermataError `FORBIDDEN` */
async function refuseMore({ gate, principal }: Call, roles?: readonly string[], scopes?: readonly string[]): Promise<void> {
  const ofRoles = await Promise.all((roles ?? []).map(async (role) => (await gate?.authenticator.scopesOf(role)) ?? []));
  const wanted = (roles ?? scopes) ? [...(scopes ?? []), ...ofRoles.flat()] : USER_SCOPES;
  const more = wanted.find((scope) => !grants(principal.scopes, scope));
  if (more !== undefined) throw new FermataError("FORBIDDEN", `A key may do no more than its maker, who does not have the scope ${more}.`);
}

const revoke: Handler<typeof routes.revoke> = async ({ params: { keyId } }, call) => {
  const keys = keysOf(call);
  const info = await keys.get(keyId);
  if (info?.tenant !== call.principal.tenant || !(await keys.revoke(keyId))) throw new FermataError("NOT_FOUND", "API key not found");
  return { success: true };
};

/** @throws FermataError `NOT_FOUND` where no provider has keys */
function keysOf({ gate }: Call): IApiKeyProvider {
  const keys = capable(gate?.authenticator.authentication, isApiKeyProvider);
  if (!keys) throw new FermataError("NOT_FOUND", "There are no API keys on this server: give server.auth an ApiKeyAuth.");
  return keys;
}

function toReply({ roles, scopes, ...info }: ApiKeyInfo) {
  return { ...info, ...(roles && { roles: [...roles] }), ...(scopes && { scopes: [...scopes] }) };
}

export const apiKeyHandlers: Handlers["apiKeys"] = { list, create, revoke };
