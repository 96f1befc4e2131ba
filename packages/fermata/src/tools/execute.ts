import type { RequestContext } from "../context/request-context.ts";
import { FermataError } from "../errors.ts";
import { toIssueTree, toLines, type IssueTree } from "../schema/messages.ts";
import { validate, type Issue, type Schema, type Validated } from "../schema/schema.ts";
import type { AgentToolContext, AnyTool } from "./tool.ts";
import { ToolWriter, type ToolOutputSink } from "./tool-writer.ts";

/** What the model, or a direct caller, is told when arguments or results do not fit. */
export interface ToolValidationFailure {
  readonly error: true;
  readonly message: string;
  readonly validationErrors: IssueTree;
}

/** How a call ended. `invalid` is a result too: it is told to the model, which may try again. */
export type ToolOutcome =
  | { readonly kind: "result"; readonly value: unknown }
  | { readonly kind: "invalid"; readonly value: ToolValidationFailure }
  | { readonly kind: "suspended"; readonly payload: unknown }
  | { readonly kind: "error"; readonly error: unknown };

export interface ToolCallInput {
  readonly tool: AnyTool;
  /** The name that the caller knows the tool under. */
  readonly name: string;
  readonly input: unknown;
  readonly requestContext: RequestContext;
  readonly abortSignal: AbortSignal;
  readonly mastra: unknown;
  readonly output: ToolOutputSink;
  readonly agent?: Omit<AgentToolContext, "suspend">;
}

/** Checks the input, runs the tool, checks the result. Never rejects: whatever happens is an outcome. */
export async function executeTool(call: ToolCallInput): Promise<ToolOutcome> {
  try {
    const { tool } = call;
    if (!tool.execute)
      return {
        kind: "error",
        error: new FermataError("VALIDATION_FAILED", `Tool "${call.name}" is run by the client, not by the server.`),
      };
    const context = tool.requestContextSchema && (await checkContext(tool, call.requestContext));
    if (context) return context;
    // Most schemas answer at once; awaiting them all the same would cost a turn for each.
    const checked = check(tool.inputSchema, call.input);
    const input = checked instanceof Promise ? await checked : checked;
    if (!input.ok) return { kind: "invalid", value: inputFailure(call.name, input.issues, call.input) };
    const resume = call.agent?.resumeData;
    if (resume !== undefined && tool.resumeSchema) {
      const answer = await check(tool.resumeSchema, resume);
      if (!answer.ok)
        return { kind: "invalid", value: failure(`Resume data for ${call.name} is invalid:\n${toLines(answer.issues)}`, answer.issues) };
    }
    return await run(call, input.value);
  } catch (error) {
    return { kind: "error", error };
  }
}

async function run(call: ToolCallInput, input: unknown): Promise<ToolOutcome> {
  const context = new CallContext(call);
  // The input has just been checked against the tool's own schema, which is what `execute` is typed by.
  const value: unknown = await call.tool.execute?.(input as never, context);
  if (context.suspension) return { kind: "suspended", payload: context.suspension.payload };
  const checked = check(call.tool.outputSchema, value);
  const output = checked instanceof Promise ? await checked : checked;
  if (output.ok) return { kind: "result", value: output.value };
  const message = `Tool output validation failed for ${call.name}. The tool returned invalid output:\n${toLines(output.issues)}`;
  return { kind: "invalid", value: failure(message, output.issues) };
}

/** The context of one call. `writer` and `agent` are made when they are first asked for: most tools use neither. */
class CallContext {
  readonly requestContext: RequestContext;
  readonly abortSignal: AbortSignal;
  readonly mastra: unknown;
  suspension: { readonly payload: unknown } | undefined;
  readonly #call: ToolCallInput;
  #writer: ToolWriter | undefined;
  #agent: AgentToolContext | undefined;

  constructor(call: ToolCallInput) {
    this.#call = call;
    this.requestContext = call.requestContext;
    this.abortSignal = call.abortSignal;
    this.mastra = call.mastra;
  }

  get writer(): ToolWriter {
    return (this.#writer ??= new ToolWriter(this.#call.output));
  }

  get agent(): AgentToolContext | undefined {
    const given = this.#call.agent;
    if (!given) return undefined;
    return (this.#agent ??= { ...given, suspend: (payload) => this.#suspend(payload) });
  }

  async #suspend(payload: unknown): Promise<undefined> {
    const { tool, name } = this.#call;
    if (tool.suspendSchema) {
      const checked = await check(tool.suspendSchema, payload);
      if (!checked.ok)
        throw new FermataError(
          "TOOL_FAILED",
          `Tool "${name}" suspended with a payload that does not fit its suspendSchema:\n${toLines(checked.issues)}`,
        );
    }
    this.suspension = { payload };
    return undefined;
  }
}

async function checkContext(tool: AnyTool, context: RequestContext): Promise<ToolOutcome | undefined> {
  if (!tool.requestContextSchema) return undefined;
  const checked = await check(tool.requestContextSchema, context.all);
  if (checked.ok) return undefined;
  return {
    kind: "invalid",
    value: failure(`Request context validation failed for tool '${tool.id}':\n${toLines(checked.issues)}`, checked.issues),
  };
}

function check(schema: Schema | undefined, value: unknown): Validated | Promise<Validated> {
  return schema === undefined ? { ok: true, value } : validate(schema, value);
}

const MAX_ECHO_CHARS = 500;

function inputFailure(name: string, issues: readonly Issue[], given: unknown): ToolValidationFailure {
  const echo = JSON.stringify(given, null, 2) ?? "undefined";
  const shown = echo.length > MAX_ECHO_CHARS ? `${echo.slice(0, MAX_ECHO_CHARS)}...` : echo;
  const message = `Tool input validation failed for ${name}. Please fix the following errors and try again:\n${toLines(issues)}\n\nProvided arguments: ${shown}`;
  return failure(message, issues);
}

function failure(message: string, issues: readonly Issue[]): ToolValidationFailure {
  return { error: true, message, validationErrors: toIssueTree(issues) };
}
