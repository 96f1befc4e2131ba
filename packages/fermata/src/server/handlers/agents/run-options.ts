import type { z } from "zod";
import type { Agent } from "../../../agents/agent.ts";
import type { AgentOptions, Instructions, MemoryOptions, MessageInput } from "../../../agents/options.ts";
import type { RunLogging } from "../../../agents/delegation.ts";
import type { ResumeBody, RunBody } from "../../../contract/shapes/agent.ts";
import { FermataError } from "../../../errors.ts";
import type { EndpointConfig } from "../../../models/types.ts";
import type { Call } from "../../call.ts";
import { connection } from "./connection.ts";

type Body = z.output<typeof RunBody> | z.output<typeof ResumeBody>;

/** The options of a run as its request gives them, tied to the request's connection. */
export function runOptions(agent: Agent, body: Body, call: Call): AgentOptions & RunLogging {
  return { ...turnOptions(body, call), ...connection(agent, body.onDisconnect, call) };
}

/** The options of a run that belongs to nobody's connection. Functions and headers cannot come from outside. */
export function turnOptions(body: Omit<Body, "messages" | "resumeData" | "toolCallId">, call: Call): AgentOptions & RunLogging {
  const { instructions, system, context, memory, runId, maxSteps, providerOptions, modelSettings, activeTools, toolChoice } = body;
  const { toolCallConcurrency, requireToolApproval, includeRawChunks } = body;
  const structured = body.structuredOutput ?? (body.output && { schema: body.output });
  const clientTools = { ...Object.assign({}, ...Object.values(body.toolsets ?? {})), ...body.clientTools };
  return defined<AgentOptions & RunLogging>({
    logger: call.logger,
    principal: call.principal,
    requestContext: call.requestContext,
    instructions: instructions as Instructions | undefined, // checked by shape; what else is in a message is the model's
    system: system as Instructions | undefined,
    context,
    call: call.runId,
    memory: memory && (defined({ ...memory }) as MemoryOptions), // the same members, without those that are undefined
    runId: runId ?? call.runId,
    maxSteps,
    model: toModel(body.model),
    providerOptions,
    modelSettings: modelSettings && defined({ ...modelSettings, timeout: modelSettings.timeout && defined({ ...modelSettings.timeout }) }),
    activeTools,
    clientTools: Object.keys(clientTools).length > 0 ? clientTools : undefined,
    toolChoice,
    toolCallConcurrency,
    requireToolApproval,
    structuredOutput: structured && defined({ ...structured }),
    includeRawChunks,
  });
}

export function toMessages(messages: Body["messages"]): MessageInput {
  return typeof messages === "string" || Array.isArray(messages) ? messages : [messages];
}

/** A request may name a model; it may not bring an endpoint or a key of its own. */
function toModel(model: Body["model"]): string | undefined {
  if (model === undefined || typeof model === "string") return model;
  const { id } = model as Partial<EndpointConfig>;
  if (typeof id === "string" && Object.keys(model).length === 1) return id;
  throw new FermataError("VALIDATION_FAILED", "model must be a text such as 'openai/gpt-5'.");
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the members that are `undefined`. */
function defined<T extends object>(value: { readonly [K in keyof T]: T[K] | undefined }): Defined<T> {
  const result: Partial<T> = {};
  for (const key in value) if (value[key] !== undefined) result[key] = value[key];
  return result as Defined<T>;
}
