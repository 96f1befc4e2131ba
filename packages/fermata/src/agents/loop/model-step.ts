/** One call of the model, from the prompt to the last part of its answer. */
import type { Meter } from "../../context/meter.ts";
import { callModel } from "../../models/call.ts";
import { toModelError } from "../../models/errors.ts";
import { resolveModels } from "../../models/resolve.ts";
import type { ModelCallOptions, ModelCandidate, ModelMessage, ModelReply, ModelRequest, ModelUsage } from "../../models/types.ts";
import { FermataError } from "../../errors.ts";
import { toJsonSchema } from "../../schema/schema.ts";
import type { PreparedStep, ToolChoice } from "../options.ts";
import { abortFor } from "../processors.ts";
import { toModelMessages } from "../messages/to-model.ts";
import { isoTime } from "../messages/iso-time.ts";
import { toStoredMessages } from "../messages/to-stored.ts";
import { withHeard } from "./hear.ts";
import { incompleteAnswer, PartConsumer } from "./read-parts.ts";
import type { Run } from "./run.ts";
import type { StepRecord, ToolOutput } from "./state.ts";
import { schemaPrompt } from "./structured.ts";
import { systemMessages } from "./system.ts";
import { toolDefinitions } from "./tool-definitions.ts";

/** The answer is in `step` and `content` as far as it came, also when the call fails. */
export interface ModelStep {
  readonly step: StepRecord;
  readonly consumer: PartConsumer;
}

export function newStep(run: Run): ModelStep {
  const model = run.setup.candidates[0]?.model;
  const step: StepRecord = {
    stepNumber: run.steps.length,
    text: "",
    reasoningText: "",
    toolCalls: [],
    toolResults: [],
    sources: [],
    files: [],
    finishReason: "error",
    rawFinishReason: undefined,
    usage: {},
    warnings: [],
    metadata: {
      id: `${run.id}-${run.steps.length}`, // until the model names its answer
      timestamp: isoTime(Date.now()),
      modelId: model?.modelId ?? "",
      headers: undefined,
      modelMetadata: {
        modelId: model?.modelId ?? "",
        modelVersion: model?.specificationVersion ?? "",
        modelProvider: model?.provider ?? "",
      },
    },
    request: {},
    messages: [],
    isContinued: false,
  };
  return { step, consumer: new PartConsumer(run, step) };
}

/** Asks the model and reads its answer into the step. Rejects with the model's failure. */
export async function askModel(run: Run, { step, consumer }: ModelStep): Promise<void> {
  const { setup } = run;
  const prepared = setup.inputProcessors.length > 0 || setup.options.prepareStep ? await prepare(run, step) : undefined;
  const candidates = prepared?.model === undefined ? run.setup.candidates : await resolveModels(prepared.model);
  const reply = await call(run, candidates, prepared);
  step.request = reply.request ?? {};
  describe(step, reply);
  try {
    await consumer.consume(reply.parts);
  } catch (error) {
    reply.parts.cancel(error);
    throw error;
  }
  if (consumer.failure !== undefined) {
    step.finishReason = "error";
    run.error = toModelError(consumer.failure);
  } else if (step.finishReason === "error") throw incompleteAnswer();
}

/** Asks the model where there is still something to spend, and counts what it took, also when it failed in the middle. */
export async function askMetered(run: Run, current: ModelStep, meter: Meter): Promise<void> {
  const { agentId, threadId } = run.setup;
  const spender = { agentId, threadId, runId: run.id };
  const refusal = await meter.check(spender);
  if (refusal) throw refusal;
  try {
    await askModel(run, current);
  } finally {
    const { step } = current;
    const { modelId, modelMetadata } = step.metadata;
    await meter.spend({ ...spender, modelId, provider: modelMetadata.modelProvider, usage: usageOf(step) });
  }
}

/** What the model says that it used. One that says nothing is taken to have written four characters a token. */
function usageOf({ usage, text, reasoningText, toolCalls }: StepRecord): ModelUsage {
  if (usage.totalTokens !== undefined || usage.inputTokens !== undefined || usage.outputTokens !== undefined) return usage;
  const characters = text.length + reasoningText.length + toolCalls.reduce((sum, { args }) => sum + JSON.stringify(args ?? "").length, 0);
  return { outputTokens: Math.ceil(characters / 4) };
}

/** A conversation that is too long for the model is shortened and tried once more. */
async function call(run: Run, candidates: readonly ModelCandidate[], prepared: PreparedStep | undefined): Promise<ModelReply> {
  const { mode, options, conversation: kept } = run.setup;
  const request = (): ModelRequest => ({ mode, options: callOptions(run, candidates, prepared), timeouts: options.modelSettings?.timeout });
  if (!kept) return callModel(candidates, request());
  try {
    return await callModel(candidates, request());
  } catch (error) {
    if (!kept.mayShrink(error)) throw error;
    return callModel(candidates, request());
  }
}

function describe({ metadata }: StepRecord, { model, response }: ModelReply): void {
  metadata.modelId = model.modelId;
  metadata.headers = response?.headers;
  metadata.modelMetadata = { modelId: model.modelId, modelVersion: model.specificationVersion, modelProvider: model.provider };
}

async function prepare(run: Run, step: StepRecord): Promise<PreparedStep | undefined> {
  const { prepareStep } = run.setup.options;
  for (const processor of run.setup.inputProcessors) {
    if (!processor.processInputStep) continue;
    const messages = toStoredMessages(conversation(run), run);
    const { requestContext } = run.setup;
    const changed = await processor.processInputStep({ messages, stepNumber: step.stepNumber, requestContext, abort: abortFor(processor) });
    // What the model is shown changes; what the run has been given and has said does not.
    if (changed) run.view = { messages: toModelMessages(changed, run.createdAt), upTo: run.produced.length };
  }
  return prepareStep?.({ stepNumber: step.stepNumber, steps: run.steps, requestContext: run.setup.requestContext });
}

function callOptions(run: Run, candidates: readonly ModelCandidate[], prepared: PreparedStep | undefined): ModelCallOptions {
  const { setup } = run;
  const { options, structured } = setup;
  const settings = prepared?.modelSettings ? { ...options.modelSettings, ...prepared.modelSettings } : options.modelSettings;
  const system = prepared?.instructions === undefined ? setup.system : systemMessages(prepared.instructions);
  const inject = structured !== undefined && !structured.model && injectsSchema(structured.jsonPromptInjection, candidates);
  const said = conversation(run);
  const told = (setup.conversation ? setup.conversation.fit(said) : said).map(asTheModelReadsIt);
  const prompt: ModelMessage[] = [
    ...system,
    ...(setup.conversation?.system ?? []),
    ...(inject ? [schemaMessage(schemaPrompt(structured))] : []),
    ...told,
    ...run.feedback,
  ];
  run.activeTools = prepared?.activeTools ?? options.activeTools;
  const tools = toolDefinitions(setup.tools, run.activeTools);
  const choice = prepared?.toolChoice ?? options.toolChoice;
  if (choice !== undefined && typeof choice === "object" && !setup.tools.has(choice.toolName)) {
    throw new FermataError("VALIDATION_FAILED", `toolChoice names the tool "${choice.toolName}", which this agent does not have.`);
  }
  return {
    prompt,
    abortSignal: run.signal,
    ...(tools.length > 0 && { tools: [...tools], toolChoice: toToolChoice(choice) }),
    ...(structured &&
      !structured.model &&
      !inject && { responseFormat: { type: "json" as const, schema: responseSchema(structured.schema) } }),
    ...(settings && pickSettings(settings)),
    ...(setup.requestContext.trace && { headers: { ...setup.requestContext.trace, ...settings?.headers } }),
    ...(options.includeRawChunks && { includeRawChunks: true }),
    // Provider options are JSON by contract; the provider checks them.
    ...(options.providerOptions && { providerOptions: options.providerOptions as NonNullable<ModelCallOptions["providerOptions"]> }),
  };
}

/** What has been said so far, as input processors have changed it. */
function conversation({ remembered, history, produced, heard, view, setup }: Run): ModelMessage[] {
  const said = heard ? withHeard(produced, heard, view?.upTo ?? 0) : view ? produced.slice(view.upTo) : produced;
  const messages = view ? [...view.messages, ...said] : [...remembered, ...history, ...said];
  if (setup.inputProcessors.length === 0) return messages;
  // Processors may add system messages; providers take them at the beginning only.
  const isSystem = ({ role }: ModelMessage): boolean => role === "system";
  return messages.some(isSystem) ? [...messages.filter(isSystem), ...messages.filter((message) => !isSystem(message))] : messages;
}

/** A tool may tell the model something else than its result (`toModelOutput`); the conversation keeps both. */
function asTheModelReadsIt(message: ModelMessage): ModelMessage {
  if (message.role !== "tool" || !message.content.some((part) => part.providerOptions?.mastra?.modelOutput !== undefined)) return message;
  const content = message.content.map((part) => {
    const output = part.providerOptions?.mastra?.modelOutput;
    // Written by the loop from a tool's output, or sent back by a client that was given it; the provider checks what it reads.
    return part.type === "tool-result" && output !== undefined ? { ...part, output: output as unknown as ToolOutput } : part;
  });
  return { ...message, content };
}

function schemaMessage(content: string): ModelMessage {
  return { role: "system", content };
}

function responseSchema(
  schema: Parameters<typeof toJsonSchema>[0],
): NonNullable<Extract<ModelCallOptions["responseFormat"], { type: "json" }>["schema"]> {
  return toJsonSchema(schema, "draft-07");
}

/** Providers that cannot be held to a schema say so with `supportsStructuredOutputs: false`. */
function injectsSchema(wanted: boolean | "system" | "inline" | "auto" | undefined, candidates: readonly ModelCandidate[]): boolean {
  if (wanted === true || wanted === "system" || wanted === "inline") return true;
  if (wanted === false) return false;
  return candidates.some(({ model }) => "supportsStructuredOutputs" in model && model.supportsStructuredOutputs === false);
}

function toToolChoice(choice: ToolChoice | undefined): NonNullable<ModelCallOptions["toolChoice"]> {
  if (choice === undefined) return { type: "auto" };
  return typeof choice === "string" ? { type: choice } : { type: "tool", toolName: choice.toolName };
}

type Settings = NonNullable<Run["setup"]["options"]["modelSettings"]>;

function pickSettings(settings: Settings): Partial<ModelCallOptions> {
  const { temperature, maxOutputTokens, topP, topK, presencePenalty, frequencyPenalty, stopSequences, seed, headers } = settings;
  return {
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
    ...(presencePenalty !== undefined && { presencePenalty }),
    ...(frequencyPenalty !== undefined && { frequencyPenalty }),
    ...(stopSequences !== undefined && { stopSequences: [...stopSequences] }),
    ...(seed !== undefined && { seed }),
    ...(headers !== undefined && { headers: { ...headers } }),
  };
}
