import { z } from "zod";
import { route } from "../route.ts";
import { ApiKeyList, ApiKeyListQuery, ApiKeyParams, NewApiKeyBody, NewApiKeyReply } from "../shapes/api-key.ts";

/** Keys for programs, of the caller's tenant. 404 where no provider has keys. */
export const apiKeys = {
  list: route({
    method: "GET",
    path: "/system/api-keys",
    summary: "List the API keys, newest first; revoked and expired ones, too.",
    access: "system:operate",
    query: ApiKeyListQuery,
    response: ApiKeyList,
    errors: ["NOT_FOUND"],
  }),
  create: route({
    method: "POST",
    path: "/system/api-keys",
    summary: "Make an API key, which may do no more than its maker. It is told this once.",
    access: "system:operate",
    body: NewApiKeyBody,
    response: NewApiKeyReply,
    // A reply that is kept for a repeat of the call would keep the key.
    raw: true,
    errors: ["NOT_FOUND", "FORBIDDEN"],
  }),
  revoke: route({
    method: "DELETE",
    path: "/system/api-keys/:keyId",
    summary: "Take an API key back.",
    access: "system:operate",
    params: ApiKeyParams,
    response: z.object({ success: z.literal(true) }),
    errors: ["NOT_FOUND"],
  }),
};
