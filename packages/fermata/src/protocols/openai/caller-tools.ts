/** Functions that the caller runs, and which of the tools the model is to call. */
import type { AgentOptions, ClientTool, ToolChoice } from "../../agents/options.ts";
import { isObject, type Json } from "./json.ts";
import { checkJsonSchema } from "./json-schema.ts";
import { refused, refuseOtherMembers, unsupported } from "./refusal.ts";

const FUNCTION_MEMBERS = ["name", "description", "parameters", "strict"];
const NAME = /^[a-zA-Z0-9_-]{1,128}$/;

export type CallerTools = Readonly<Record<string, ClientTool>>;

/** Chat Completions put a function's members below `function`, Responses beside the type. */
export type ToolForm = "chat" | "responses";

export function callerTools(tools: readonly Json[] | null | undefined, form: ToolForm): CallerTools {
  const result = new Map<string, ClientTool>();
  for (const [index, tool] of (tools ?? []).entries()) {
    const at = `tools[${index}]`;
    if (tool.type !== "function")
      throw unsupported(
        `${at}.type`,
        `must be "function": tools of type ${JSON.stringify(tool.type)} do not run here. Give them to the agent.`,
      );
    const inner = form === "chat" ? tool.function : tool;
    const base = form === "chat" ? `${at}.function` : at;
    if (!isObject(inner)) throw refused(base, `${base} must be an object with the function's name.`, "invalid_type");
    refuseOtherMembers(base, inner, form === "chat" ? FUNCTION_MEMBERS : ["type", ...FUNCTION_MEMBERS]);
    const { name, description, parameters, strict } = inner;
    if (typeof name !== "string" || !NAME.test(name))
      throw refused(`${base}.name`, `${base}.name must be 1 to 128 letters, digits, "_" or "-".`);
    if (result.has(name)) throw refused(`${base}.name`, `There are two tools with the name "${name}".`);
    if (description !== undefined && description !== null && typeof description !== "string")
      throw refused(`${base}.description`, `${base}.description must be a text.`, "invalid_type");
    if (parameters !== undefined && parameters !== null && !isObject(parameters))
      throw refused(`${base}.parameters`, `${base}.parameters must be a JSON Schema.`, "invalid_type");
    if (isObject(parameters)) checkJsonSchema(parameters, `${base}.parameters`);
    if (strict !== undefined && strict !== null && typeof strict !== "boolean")
      throw refused(`${base}.strict`, `${base}.strict must be true or false.`, "invalid_type");
    result.set(name, {
      ...(typeof description === "string" && { description }),
      ...(isObject(parameters) && { inputSchema: parameters }),
      ...(typeof strict === "boolean" && { strict }),
    });
  }
  return Object.fromEntries(result);
}

type Choice = Pick<AgentOptions, "toolChoice" | "activeTools">;

/** `known` says whether the agent or the caller has a tool of this name. */
export function toolChoice(choice: unknown, form: ToolForm, known: (name: string) => boolean): Choice {
  if (choice === undefined || choice === null) return {};
  if (choice === "auto" || choice === "none" || choice === "required") return { toolChoice: choice };
  if (!isObject(choice)) throw refused("tool_choice", 'tool_choice must be "auto", "none", "required" or name a function.');
  if (choice.type === "function") return { toolChoice: named(choice, "tool_choice", form, known) };
  if (choice.type === "allowed_tools") return allowed(form === "chat" ? choice.allowed_tools : choice, form, known);
  throw unsupported("tool_choice", `cannot be of type ${JSON.stringify(choice.type)}.`);
}

function named(choice: Json, param: string, form: ToolForm, known: (name: string) => boolean): Extract<ToolChoice, object> {
  const inner = form === "chat" ? choice.function : choice;
  const name = isObject(inner) ? inner.name : undefined;
  if (typeof name !== "string") throw refused(param, `${param} must name the function.`);
  if (!known(name)) throw refused(param, `${param} names "${name}", which is neither among "tools" nor a tool of the agent.`);
  return { type: "tool", toolName: name };
}

function allowed(choice: unknown, form: ToolForm, known: (name: string) => boolean): Choice {
  const { mode, tools } = isObject(choice) ? choice : {};
  if ((mode !== "auto" && mode !== "required") || !Array.isArray(tools))
    throw refused("tool_choice", 'tool_choice of type "allowed_tools" needs a mode ("auto" or "required") and a list of tools.');
  const activeTools = tools.map((tool: unknown, index) => {
    const param = `tool_choice.tools[${index}]`;
    if (!isObject(tool) || tool.type !== "function") throw unsupported(param, "must be of type function.");
    return named(tool, param, form, known).toolName;
  });
  return { toolChoice: mode, activeTools };
}
