/** Keys for programs. Times are epoch milliseconds. */
import { z } from "zod";
import { Id } from "./common.ts";

const Names = z.array(z.string().min(1).max(256)).max(100);

export const ApiKeyReply = z
  .object({
    id: z.string(),
    name: z.string(),
    subject: z.string().describe("The user that the key acts for"),
    tenant: z.string(),
    roles: z.array(z.string()).optional(),
    scopes: z.array(z.string()).optional(),
    createdAt: z.number(),
    expiresAt: z.number().optional(),
    revokedAt: z.number().optional(),
    lastUsedAt: z.number().optional().describe("To the minute"),
  })
  .meta({ id: "ApiKey" });

export const NewApiKeyBody = z.object({
  name: z.string().min(1).max(256).describe("What it is for"),
  subject: Id.optional().describe("The user that it acts for. Default: the caller"),
  roles: Names.optional(),
  scopes: Names.optional().describe("What it may do. Without roles and scopes: what a user may by default"),
  expiresInSeconds: z.number().int().min(1).max(1_000_000_000).optional().describe("Default: it does not expire"),
});

export const NewApiKeyReply = z.object({
  key: z.string().describe("The key itself. It is told this once"),
  apiKey: ApiKeyReply,
});

export const ApiKeyList = z.object({
  apiKeys: z.array(ApiKeyReply),
  total: z.number(),
  page: z.number(),
  perPage: z.number(),
  hasMore: z.boolean(),
});

export const ApiKeyListQuery = z.object({
  subject: z.string().optional(),
  page: z.coerce.number().int().min(0).max(1_000_000).default(0),
  perPage: z.coerce.number().int().min(1).max(1_000).default(100),
});

export const ApiKeyParams = z.object({ keyId: z.string() });
