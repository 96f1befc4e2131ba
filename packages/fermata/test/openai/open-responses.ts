/**
 * What the Open Responses specification (version 2026-04-24) demands of responses and of the events of their streams, in our own words: which
 * members have to be there, and what they may be. Kinds of items and events that it does not know are the implementation's own.
 */
import { z } from "zod";

const Status = z.enum(["in_progress", "completed", "incomplete"]);
const Index = z.int().min(0);

const Annotation = z.object({ type: z.literal("url_citation"), url: z.string(), title: z.string(), start_index: Index, end_index: Index });
const OutputText = z.object({
  type: z.literal("output_text"),
  text: z.string(),
  annotations: z.array(Annotation),
  logprobs: z.array(z.unknown()).optional(),
});
const SummaryText = z.object({ type: z.literal("summary_text"), text: z.string() });
const InputText = z.object({ type: z.literal("input_text"), text: z.string() });
const InputImage = z.object({
  type: z.literal("input_image"),
  image_url: z.string().nullable(),
  detail: z.enum(["low", "high", "auto"]),
});
const InputFile = z.object({ type: z.literal("input_file"), filename: z.string().optional(), file_url: z.string().optional() });
const Content = z.discriminatedUnion("type", [OutputText, InputText, InputImage, InputFile]);

const own = (known: readonly string[], shape: z.ZodObject) =>
  shape.refine(({ type }) => !known.includes(type as string), { error: "a kind that the specification knows, in another form" });

const ITEMS = [
  z.object({
    type: z.literal("message"),
    id: z.string(),
    status: Status,
    role: z.enum(["user", "assistant", "system", "developer"]),
    content: z.array(Content),
  }),
  z.object({
    type: z.literal("function_call"),
    id: z.string(),
    call_id: z.string(),
    name: z.string(),
    arguments: z.string(),
    status: Status,
  }),
  z.object({
    type: z.literal("function_call_output"),
    id: z.string(),
    call_id: z.string(),
    output: z.union([z.string(), z.array(Content)]),
    status: Status,
  }),
  z.object({
    type: z.literal("reasoning"),
    id: z.string(),
    summary: z.array(SummaryText),
    encrypted_content: z.string().optional(),
  }),
] as const;
export const Item = z.union([
  ...ITEMS,
  own(
    ITEMS.map(({ shape }) => shape.type.value),
    z.looseObject({ type: z.string(), id: z.string() }),
  ),
]);

const FunctionTool = z.object({
  type: z.literal("function"),
  name: z.string(),
  description: z.string().nullable(),
  parameters: z.record(z.string(), z.unknown()).nullable(),
  strict: z.boolean().nullable(),
});
const ToolChoice = z.enum(["none", "auto", "required"]);
const Format = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text") }),
  z.object({ type: z.literal("json_object") }),
  z.object({
    type: z.literal("json_schema"),
    name: z.string(),
    description: z.string().nullable(),
    schema: z.unknown(),
    strict: z.boolean(),
  }),
]);
const Count = z.int().min(0);

/** Every member has to be there. */
export const Resource = z.object({
  id: z.string(),
  object: z.literal("response"),
  created_at: z.int(),
  completed_at: z.int().nullable(),
  status: z.enum(["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]),
  incomplete_details: z.object({ reason: z.string() }).nullable(),
  model: z.string(),
  previous_response_id: z.string().nullable(),
  instructions: z.string().nullable(),
  output: z.array(Item),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  tools: z.array(FunctionTool),
  tool_choice: z.union([
    ToolChoice,
    z.object({ type: z.literal("function"), name: z.string() }),
    z.object({ type: z.literal("allowed_tools"), tools: z.array(z.looseObject({ type: z.literal("function") })), mode: ToolChoice }),
  ]),
  truncation: z.enum(["auto", "disabled"]),
  parallel_tool_calls: z.boolean(),
  text: z.object({ format: Format, verbosity: z.enum(["low", "medium", "high"]).optional() }),
  top_p: z.number(),
  presence_penalty: z.number(),
  frequency_penalty: z.number(),
  top_logprobs: z.int(),
  temperature: z.number(),
  reasoning: z.object({ effort: z.string().nullable(), summary: z.string().nullable() }).nullable(),
  user: z.string().nullable(),
  usage: z
    .object({
      input_tokens: Count,
      output_tokens: Count,
      total_tokens: Count,
      input_tokens_details: z.object({ cached_tokens: Count }),
      output_tokens_details: z.object({ reasoning_tokens: Count }),
    })
    .nullable(),
  max_output_tokens: z.int().nullable(),
  max_tool_calls: z.int().nullable(),
  store: z.boolean(),
  background: z.boolean(),
  service_tier: z.string(),
  metadata: z.record(z.string(), z.string()),
  safety_identifier: z.string().nullable(),
  prompt_cache_key: z.string().nullable(),
});

const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ type: z.literal(type), sequence_number: z.int().min(1), ...shape });
const OfItem = { item_id: z.string(), output_index: Index };
const OfContent = { ...OfItem, content_index: Index };
const OfSummary = { ...OfItem, summary_index: Index };

const EVENTS = [
  ...(["created", "queued", "in_progress", "completed", "failed", "incomplete"] as const).map((name) =>
    event(`response.${name}`, { response: Resource }),
  ),
  event("response.output_item.added", { output_index: Index, item: Item }),
  event("response.output_item.done", { output_index: Index, item: Item }),
  event("response.content_part.added", { ...OfContent, part: Content }),
  event("response.content_part.done", { ...OfContent, part: Content }),
  event("response.output_text.delta", { ...OfContent, delta: z.string() }),
  event("response.output_text.done", { ...OfContent, text: z.string() }),
  event("response.output_text.annotation.added", { ...OfContent, annotation_index: Index, annotation: Annotation }),
  event("response.reasoning_summary_part.added", { ...OfSummary, part: SummaryText }),
  event("response.reasoning_summary_part.done", { ...OfSummary, part: SummaryText }),
  event("response.reasoning_summary_text.delta", { ...OfSummary, delta: z.string() }),
  event("response.reasoning_summary_text.done", { ...OfSummary, text: z.string() }),
  event("response.function_call_arguments.delta", { ...OfItem, delta: z.string() }),
  event("response.function_call_arguments.done", { ...OfItem, arguments: z.string() }),
  event("error", {
    error: z.object({ type: z.string(), code: z.string().nullable(), message: z.string(), param: z.string().nullable() }),
  }),
] as const;
const OWN_EVENT = own(
  EVENTS.map(({ shape }) => shape.type.value),
  z.looseObject({ type: z.string(), sequence_number: z.int().min(1), ...OfItem }),
);
const BY_TYPE = new Map<string, z.ZodType>(EVENTS.map((schema) => [schema.shape.type.value, schema]));

/** @throws z.ZodError for an event that the specification does not allow. */
export function checkEvent(value: { readonly type: string }): void {
  (BY_TYPE.get(value.type) ?? OWN_EVENT).parse(value);
}
