/** What is remembered of a user or a conversation in a few lines, which the model reads in every turn and rewrites itself. */
import { FermataError } from "../errors.ts";
import { toJsonSchema, validate } from "../schema/schema.ts";
import type { JsonSchema, Schema } from "../schema/schema.ts";
import { toLines } from "../schema/messages.ts";
import type { ScopedStore } from "../storage/store.ts";
import { createTool } from "../tools/tool.ts";
import type { AnyTool } from "../tools/tool.ts";
import { isRecord } from "./message.ts";
import type { ResolvedMemoryConfig } from "./options.ts";

export type WorkingMemoryConfig = NonNullable<ResolvedMemoryConfig["workingMemory"]>;

/** Whose memory it is. */
export interface WorkingMemoryOwner {
  readonly threadId: string;
  readonly resourceId: string;
}

export interface WorkingMemoryTemplate {
  readonly format: "markdown" | "json";
  readonly content: string;
}

/** Filled in by the model when the app gives neither template nor schema. */
const DEFAULT_TEMPLATE = `# About the user
- Name:
- Place:
- Occupation:
- Interests:
- Goals:
- Events:
- Facts:
- Open questions:`;

/** The name of the tool by which the model writes. */
export const UPDATE_TOOL = "updateWorkingMemory";

/** Writers that met each other try again this often. */
const MAX_TRIES = 20;

/** The key under which a thread keeps its own. */
const METADATA_KEY = "workingMemory";

export function templateOf({ template, schema }: WorkingMemoryConfig): WorkingMemoryTemplate {
  if (schema) return { format: "json", content: JSON.stringify(toJsonSchema(schema)) };
  return { format: "markdown", content: template ?? DEFAULT_TEMPLATE };
}

export async function readWorkingMemory(
  store: ScopedStore,
  { scope }: WorkingMemoryConfig,
  owner: WorkingMemoryOwner,
): Promise<string | null> {
  if (scope === "resource") return (await store.resources.get(owner.resourceId))?.workingMemory ?? null;
  return textIn((await store.threads.get(owner.threadId))?.metadata);
}

/**
 * With a template the text replaces what there was; with a schema it is JSON that is merged into it: an object member by member, `null` takes
 * a member out, an array takes the place of the old one. Several writers at once lose no key.
 * @throws FermataError `VALIDATION_FAILED` for text that is not JSON of the schema; `NOT_FOUND` when there is no such thread.
 */
export async function writeWorkingMemory(
  store: ScopedStore,
  config: WorkingMemoryConfig,
  owner: WorkingMemoryOwner,
  update: unknown,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return config.scope === "resource"
        ? await writeResource(store, config, owner, update)
        : await writeThread(store, config, owner, update);
    } catch (error) {
      if (!FermataError.is(error) || error.code !== "CONFLICT" || tries >= MAX_TRIES) throw error;
    }
  }
}

async function writeResource(
  store: ScopedStore,
  config: WorkingMemoryConfig,
  { resourceId }: WorkingMemoryOwner,
  update: unknown,
): Promise<void> {
  const known = await store.resources.get(resourceId);
  await store.resources.put(resourceId, { workingMemory: await merged(config, known?.workingMemory, update) }, known?.version ?? 0);
}

async function writeThread(
  store: ScopedStore,
  config: WorkingMemoryConfig,
  { threadId }: WorkingMemoryOwner,
  update: unknown,
): Promise<void> {
  const thread = await store.threads.get(threadId);
  if (!thread) throw new FermataError("NOT_FOUND", "Thread not found");
  const text = await merged(config, textIn(thread.metadata) ?? undefined, update);
  await store.threads.update(threadId, { metadata: { ...thread.metadata, [METADATA_KEY]: text } }, thread.version);
}

function textIn(metadata: Readonly<Record<string, unknown>> | undefined): string | null {
  const text = metadata?.[METADATA_KEY];
  return typeof text === "string" ? text : null;
}

async function merged({ schema }: WorkingMemoryConfig, current: string | undefined, update: unknown): Promise<string> {
  if (!schema) return typeof update === "string" ? update : JSON.stringify(update);
  const value = mergeDeep(parse(current), typeof update === "string" ? parseUpdate(update) : update);
  const checked = await validate(partialOf(schema), value);
  if (!checked.ok) throw new FermataError("VALIDATION_FAILED", `The working memory does not fit its schema:\n${toLines(checked.issues)}`);
  return JSON.stringify(value);
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return {}; // from a time when the app had a template
  }
}

function parseUpdate(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new FermataError("VALIDATION_FAILED", "The working memory must be JSON of its schema.");
  }
}

/** Members that are absent stay, `null` takes them out, arrays are replaced. */
export function mergeDeep(current: unknown, update: unknown): unknown {
  if (!isRecord(update)) return update;
  const result = new Map<string, unknown>(isRecord(current) ? Object.entries(current) : []);
  for (const [key, value] of Object.entries(update)) {
    if (value === null) result.delete(key);
    else if (value !== undefined) result.set(key, mergeDeep(result.get(key), value));
  }
  return Object.fromEntries(result);
}

/** What the model is told of its memory. */
export function workingMemoryPrompt(config: WorkingMemoryConfig, data: string | null, mayUpdate: boolean): string {
  const { format, content } = templateOf(config);
  const rules = mayUpdate ? (format === "json" ? JSON_RULES : TEXT_RULES) : ["You cannot change it in this conversation."];
  const shape =
    format === "json"
      ? `<working_memory_schema>\n${content}\n</working_memory_schema>`
      : `<working_memory_template>\n${content}\n</working_memory_template>`;
  const whose = config.scope === "resource" ? "the user, over all conversations with them" : "this conversation";
  return [
    `You have a working memory: notes about ${whose}. They are for you; do not talk about them unless you are asked.`,
    ...rules.map((rule) => `- ${rule}`),
    ...(mayUpdate ? [shape] : []),
    `<working_memory_data>\n${data ?? ""}\n</working_memory_data>`,
  ].join("\n");
}

const TEXT_RULES = [
  `When you learn something that may matter later, call ${UPDATE_TOOL} before you answer; when you learn nothing new, do not.`,
  "Give it the whole memory as Markdown in the form of the template: what is there already, with what is new. What you leave out is forgotten.",
  "Keep headings and lines that are still empty.",
];
const JSON_RULES = [
  `When you learn something that may matter later, call ${UPDATE_TOOL} before you answer; when you learn nothing new, do not.`,
  "Give it only the members that change, in the shape of the schema: others stay. null takes a member out; an array takes the place of the old one.",
];

/** The tool by which the model rewrites the memory. */
export function workingMemoryTool(config: WorkingMemoryConfig, write: (update: unknown) => Promise<void>): AnyTool {
  return createTool({
    id: UPDATE_TOOL,
    description: config.schema
      ? "Changes the working memory: give the members that change."
      : "Rewrites the working memory: give all of it, as Markdown.",
    inputSchema: toolInput(config),
    execute: async (input) => {
      // Checked against `toolInput`.
      await write((input as { readonly memory: unknown }).memory);
      return { success: true };
    },
  });
}

function toolInput({ schema }: WorkingMemoryConfig): JsonSchema {
  const memory = schema ? partialOf(schema) : { type: "string", description: "The whole working memory as Markdown" };
  return { type: "object", properties: { memory }, required: ["memory"], additionalProperties: false };
}

const partials = new WeakMap<object, JsonSchema>();

/** A memory fills up over time, and an update names some members and takes others out: nothing is required, and everything may be null. */
function partialOf(schema: Schema): JsonSchema {
  const known = partials.get(schema);
  if (known) return known;
  const { $schema: _dialect, ...rest } = toJsonSchema(schema);
  const made = partial(rest);
  partials.set(schema, made);
  return made;
}

function partial(schema: JsonSchema): JsonSchema {
  const { required: _required, ...rest } = schema;
  if (!isRecord(rest.properties)) return rest;
  const members = Object.entries(rest.properties).map(([key, member]) => [
    key,
    isRecord(member) ? { anyOf: [partial(member), { type: "null" }] } : member,
  ]);
  return { ...rest, properties: Object.fromEntries(members) };
}
