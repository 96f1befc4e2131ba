/** Threads as mailboxes. */
import { z } from "zod";
import { RunOptions } from "./agent.ts";
import { Id, RequestContextValues } from "./common.ts";

const Attributes = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
const Part = z.union([
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("file"), data: z.string(), mediaType: z.string(), filename: z.string().optional() }),
]);
const Contents = z.union([z.string(), z.array(Part).min(1)]).meta({ id: "MessageContents" });

const IfActive = z.object({ behavior: z.enum(["deliver", "persist", "discard"]).optional(), attributes: Attributes.optional() }).meta({
  id: "IfActive",
  description: "What becomes of it while a turn of the thread is under way. Default: the turn hears it between its steps",
});
const IfIdle = z
  .object({
    behavior: z.enum(["wake", "persist", "discard"]).optional(),
    streamOptions: RunOptions.optional(),
    attributes: Attributes.optional(),
  })
  .meta({ id: "IfIdle", description: "What becomes of it when there is no such turn. Default: it begins one" });

const Message = z.union([
  Contents,
  z.object({ contents: Contents, attributes: Attributes.optional(), metadata: z.record(z.string(), z.unknown()).optional() }),
]);
/** A word that may stand between `<` and `>`. */
const Name = z
  .string()
  .max(64)
  .regex(/^[A-Za-z][\w.-]*$/);
const Signal = z.object({
  type: z.enum(["user", "user-message", "system-reminder", "reactive", "notification", "state"]),
  contents: Contents,
  id: Id.optional(),
  tagName: Name.optional(),
  createdAt: z.iso.datetime({ offset: true }).optional(),
  attributes: Attributes.optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

const toThread = {
  resourceId: Id,
  threadId: Id,
  runId: z.undefined().optional(),
  ifActive: IfActive.optional(),
  ifIdle: IfIdle.optional(),
};
const toRun = { runId: Id, resourceId: Id.optional(), threadId: Id.optional(), ifActive: IfActive.optional(), ifIdle: IfIdle.optional() };

export const MessageBody = z
  .union([z.object({ message: Message, ...toThread }), z.object({ message: Message, ...toRun })])
  .meta({ id: "ThreadMessage" });
export const SignalBody = z
  .union([z.object({ signal: Signal, ...toThread }), z.object({ signal: Signal, ...toRun })])
  .meta({ id: "ThreadSignal" });

export const MailReply = z
  .object({
    accepted: z.literal(true),
    runId: z.string().describe("The turn that hears it"),
    signal: z
      .object({
        id: z.string(),
        type: z.string(),
        tagName: z.string(),
        contents: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]),
        acceptedAt: z.string(),
        createdAt: z.string(),
        attributes: Attributes.optional(),
        metadata: z.record(z.string(), z.unknown()).optional(),
        __isCreatedSignal: z.literal(true),
      })
      .optional(),
  })
  .meta({ id: "ThreadMessageReply" });

export const SubscribeBody = z.object({ resourceId: Id.optional(), threadId: Id, requestContext: RequestContextValues.optional() });
/** As in a stream; `step-finish` and `finish` without the messages. */
export const ThreadEvent = z.looseObject({ type: z.string(), runId: z.string().optional() }).meta({ id: "ThreadEvent" });

export const AbortBody = z.object({ resourceId: Id.optional(), threadId: Id, expectedRunId: Id.optional() });
export const AbortReply = z.object({ aborted: z.boolean() });

export const ToolApprovalBody = z
  .object({
    resourceId: Id,
    threadId: Id,
    toolCallId: z.string(),
    approved: z.boolean(),
    reason: z.string().optional().describe("Why it is not approved"),
    resumeData: z.unknown().optional().describe("For a tool that asked for something"),
    requestContext: RequestContextValues.optional(),
    streamOptions: RunOptions.optional(),
  })
  .meta({ id: "ThreadToolApproval" });
export const ToolApprovalReply = z.object({ accepted: z.literal(true), runId: z.string(), toolCallId: z.string() });
