/** The server's operations, from its own list of routes. */
import { nearest } from "../command.ts";
import { UsageError } from "../terminal/usage-error.ts";

/** A JSON Schema, as far as it is looked at here. */
export interface Schema {
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

export interface Operation {
  /** `<group>.<name>` */
  readonly id: string;
  readonly summary: string;
  readonly method: string;
  readonly path: string;
  readonly responseType: "json" | "stream";
  readonly streamFormat?: string;
  readonly queryParamSchema?: Schema;
  readonly bodySchema?: Schema;
}

const groupOf = ({ id }: Operation): string => id.slice(0, id.indexOf("."));
const nameOf = ({ id }: Operation): string => id.slice(id.indexOf(".") + 1);

/** Names of the parameters in an operation's path, in their order. */
export function parametersOf({ path }: Operation): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
}

/** What may follow `fermata api`, one line each. */
export function listOperations(operations: readonly Operation[], group: string | undefined): (readonly [string, string])[] {
  const chosen = operations.filter((operation) => group === undefined || groupOf(operation) === group);
  if (chosen.length === 0) throw unknown("group", group ?? "", [...new Set(operations.map(groupOf))]);
  return chosen.map((operation) => {
    const words = parametersOf(operation).map((name) => `<${name}>`);
    return [
      [groupOf(operation), nameOf(operation), ...words, ...(operation.bodySchema ? ["[input]"] : [])].join(" "),
      operation.summary,
    ] as const;
  });
}

/** @throws UsageError that names what is near. */
export function findOperation(operations: readonly Operation[], group: string, name: string): Operation {
  const inGroup = operations.filter((operation) => groupOf(operation) === group);
  if (inGroup.length === 0) throw unknown("group", group, [...new Set(operations.map(groupOf))]);
  // `create-run` as well as `createRun`
  const wanted = name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const found = inGroup.find((operation) => nameOf(operation) === wanted);
  if (found) return found;
  throw unknown(`operation in ${group}`, name, inGroup.map(nameOf));
}

function unknown(what: string, word: string, known: readonly string[]): UsageError {
  const near = nearest(word, known);
  return new UsageError(
    `There is no ${what} "${word}".${near === undefined ? "" : ` Did you mean "${near}"?`} There are: ${known.join(", ")}.`,
  );
}

/** Where a text that is no JSON goes in a body. */
const TEXT_MEMBERS = ["messages", "input", "message", "query", "title"] as const;

/** The body from what was given in the terminal: text, JSON, members. */
export function bodyOf(operation: Operation, input: string | undefined, members: Readonly<Record<string, unknown>>): unknown {
  if (!operation.bodySchema) {
    if (input !== undefined || Object.keys(members).length > 0) throw new UsageError(`${operation.id} takes no input.`);
    return undefined;
  }
  if (input === undefined) return members;
  const properties = membersOf(operation.bodySchema);
  const trimmed = input.trim();
  if (trimmed.startsWith("{")) {
    try {
      return { ...withInputData(JSON.parse(trimmed) as object, properties), ...members };
    } catch (error) {
      throw new UsageError(`The input looks like JSON and is none: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const member = TEXT_MEMBERS.find((name) => properties.includes(name));
  if (member === undefined)
    throw new UsageError(`${operation.id} takes JSON: '{ "${properties[0] ?? "name"}": … }'. See it with --schema.`);
  return { [member]: input, ...members };
}

/** Whether a new run has to be named by who starts it. */
export function needsRunId({ method, queryParamSchema }: Operation): boolean {
  return method === "POST" && (resolved(queryParamSchema)?.required?.includes("runId") ?? false);
}

/** Names of the members that a body may have. */
function membersOf(schema: Schema): string[] {
  return Object.keys(resolved(schema)?.properties ?? {});
}

function resolved(schema: Schema | undefined): Schema | undefined {
  return schema?.$ref === undefined ? schema : schema.definitions?.[schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)];
}

/** What is none of a body's own members is what the workflow or the tool takes. */
function withInputData(given: object, properties: readonly string[]): object {
  const member = ["inputData", "data"].find((name) => properties.includes(name));
  const isOwn = Object.keys(given).some((name) => properties.includes(name));
  return member === undefined || isOwn ? given : { [member]: given };
}
