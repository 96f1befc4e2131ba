import { z } from "zod";
import { Id } from "./common.ts";

/** A value of a query: JSON text, or an object that came as `name[key]=value`. */
const json = <S extends z.ZodType>(shape: S): z.ZodPreprocess<S> =>
  z.preprocess((value) => {
    if (typeof value !== "string") return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      return value;
    }
  }, shape);

const Page = z.coerce.number().int().min(0).max(1_000_000);
const PerPage = z.coerce.number().int().min(1).max(1000);
const Metadata = z.record(z.string(), z.unknown());
const MetadataFilter = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
const Title = z.string().max(10_000);
const context = { requestContext: z.string().optional() };

export const AgentIdQuery = z.object({ agentId: z.string(), ...context });
export const ThreadParams = z.object({ threadId: z.string() });
export const ThreadQuery = z.object({ agentId: z.string().optional(), resourceId: Id.optional(), ...context });
export const OwnedThreadQuery = z.object({ agentId: z.string(), resourceId: Id.optional(), ...context });

export const Thread = z
  .object({
    id: z.string(),
    title: z.string().optional(),
    resourceId: z.string(),
    createdAt: z.string(),
    updatedAt: z.string(),
    metadata: Metadata.nullable().optional(),
  })
  .meta({ id: "Thread" });

export const ThreadListQuery = z.object({
  page: Page.optional(),
  perPage: PerPage.optional(),
  agentId: z.string().optional(),
  resourceId: Id.optional(),
  metadata: json(MetadataFilter).optional(),
  orderBy: json(
    z.object({ field: z.enum(["createdAt", "updatedAt"]).optional(), direction: z.enum(["ASC", "DESC"]).optional() }),
  ).optional(),
  ...context,
});

const paged = { total: z.number(), page: z.number(), perPage: z.union([z.number(), z.literal(false)]), hasMore: z.boolean() };

export const ThreadPage = z.object({ threads: z.array(Thread), ...paged }).meta({ id: "ThreadPage" });

export const CreateThreadBody = z.object({
  resourceId: Id,
  threadId: Id.optional(),
  title: Title.optional(),
  metadata: Metadata.optional(),
  requestContext: z.unknown().optional(),
});

export const UpdateThreadBody = z.object({
  title: Title.optional(),
  metadata: Metadata.optional(),
  resourceId: Id.optional(),
  requestContext: z.unknown().optional(),
});

export const Message = z
  .object({
    id: z.string(),
    role: z.string(),
    type: z.string().optional(),
    createdAt: z.string(),
    threadId: z.string(),
    resourceId: z.string(),
    content: z.looseObject({ format: z.literal(2), parts: z.array(z.looseObject({ type: z.string() })) }),
  })
  .meta({ id: "StoredMessage" });

const Include = z.object({
  id: z.string(),
  threadId: z.string().optional(),
  withPreviousMessages: z.int().min(0).max(100).optional(),
  withNextMessages: z.int().min(0).max(100).optional(),
});
const Flag = z.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")]);
const Filter = z.object({
  dateRange: json(
    z.object({
      start: z.coerce.date().optional(),
      end: z.coerce.date().optional(),
      startExclusive: Flag.optional(),
      endExclusive: Flag.optional(),
    }),
  ).optional(),
  roles: json(z.array(z.string()).max(20)).optional(),
  metadata: json(MetadataFilter).optional(),
});

export const MessageListQuery = z.object({
  page: Page.optional(),
  perPage: PerPage.optional(),
  agentId: z.string().optional(),
  resourceId: Id.optional(),
  orderBy: json(z.object({ field: z.enum(["createdAt"]).optional(), direction: z.enum(["ASC", "DESC"]).optional() })).optional(),
  include: json(z.array(Include).max(100)).optional(),
  filter: json(Filter).optional(),
  includeSystemReminders: z.string().optional(),
  ...context,
});

export const MessagePage = z.object({ messages: z.array(Message), ...paged, uiMessages: z.null() }).meta({ id: "MessagePage" });

export const SaveMessagesBody = z.object({
  messages: z
    .array(
      z.looseObject({
        id: Id.optional(),
        role: z.string(),
        type: z.string().optional(),
        createdAt: z.union([z.string(), z.number()]).optional(),
        threadId: Id.optional(),
        resourceId: Id.optional(),
        content: z.unknown(),
      }),
    )
    .max(1000),
  requestContext: z.unknown().optional(),
});
export const SavedMessages = z.object({ messages: z.array(Message) });

const MessageRef = z.union([Id, z.object({ id: Id })]);
export const DeleteMessagesBody = z.object({
  messageIds: z.union([MessageRef, z.array(MessageRef).max(1000)]),
  requestContext: z.unknown().optional(),
});
export const DeletedMessages = z.object({ success: z.literal(true), message: z.string() });
export const DeletedThread = z.object({ result: z.literal("Thread deleted") });

export const WorkingMemoryQuery = z.object({
  agentId: z.string(),
  resourceId: Id.optional(),
  memoryConfig: z.string().optional(),
  ...context,
});
export const WorkingMemory = z.object({
  workingMemory: z.string().nullable(),
  source: z.enum(["resource", "thread"]),
  workingMemoryTemplate: z.object({ format: z.enum(["markdown", "json"]), content: z.string() }).nullable(),
  threadExists: z.boolean(),
});
export const UpdateWorkingMemoryBody = z.object({
  workingMemory: z.union([z.string(), Metadata]),
  resourceId: Id.optional(),
  memoryConfig: z.unknown().optional(),
  requestContext: z.unknown().optional(),
});
export const Succeeded = z.object({ success: z.literal(true) });

export const SearchQuery = z.object({
  agentId: z.string(),
  searchQuery: z.string().max(10_000),
  resourceId: Id,
  threadId: Id.optional(),
  limit: z.coerce.number().int().min(1).max(100).optional(),
  memoryConfig: z.string().optional(),
  ...context,
});
const FoundMessage = z.object({ id: z.string(), role: z.string(), content: z.string(), createdAt: z.string() });
export const SearchResults = z.object({
  results: z.array(
    FoundMessage.extend({
      threadId: z.string(),
      threadTitle: z.string(),
      context: z.object({ before: z.array(FoundMessage), after: z.array(FoundMessage) }),
    }),
  ),
  count: z.number(),
  query: z.string(),
  searchScope: z.enum(["thread", "resource"]),
  searchType: z.enum(["text", "semantic"]),
});

export const CloneBody = z.object({
  newThreadId: Id.optional(),
  resourceId: Id.optional(),
  title: Title.optional(),
  metadata: Metadata.optional(),
  options: z
    .object({
      messageLimit: z.int().min(0).optional(),
      messageFilter: z
        .object({
          startDate: z.coerce.date().optional(),
          endDate: z.coerce.date().optional(),
          messageIds: z.array(Id).max(1000).optional(),
        })
        .optional(),
    })
    .optional(),
  requestContext: z.unknown().optional(),
});
export const Clone = z.object({ thread: Thread, clonedMessages: z.array(Message), messageIdMap: z.record(z.string(), z.string()) });
export const TransferBody = z.object({ resourceId: Id, requestContext: z.unknown().optional() });

export const StatusQuery = z.object({ agentId: z.string(), resourceId: Id.optional(), threadId: Id.optional(), ...context });
export const Status = z.object({ result: z.boolean(), memoryType: z.literal("local").optional() });
export const Config = z.object({ memoryType: z.literal("local"), config: Metadata });
