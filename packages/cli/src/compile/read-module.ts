/** What a module asks for: other modules, and files beside it. */
import type { ParseResult } from "rolldown/utils";

/** A place in the code that names another file or package. */
export interface ImportSite {
  /** `url` is `new URL("…", import.meta.url)`: a module for a worker, or any file. `pattern` is a template with parts, each written `*` in `specifier`. */
  readonly kind: "static" | "dynamic" | "require" | "url" | "pattern";
  readonly specifier: string;
  /** Of the literal with its quotes. */
  readonly start: number;
  readonly end: number;
  /** Behind the literal's import attributes, when it has some. */
  readonly attributesEnd: number;
  /** The whole statement, of an import that takes members by name. */
  readonly named?: NamedImport;
}

export interface NamedImport extends Span {
  /** By the name in this module: the member, or `default`. */
  readonly members: Readonly<Record<string, string>>;
}

export interface ModuleReading {
  readonly format: "esm" | "cjs";
  readonly imports: readonly ImportSite[];
  /** Files that the code reads, relative to its folder, as far as it says so in literals. */
  readonly files: readonly string[];
  /** Names of CommonJS that an ES module uses as if they were there. */
  readonly missingNames: readonly string[];
}

const OF_COMMONJS = ["require", "__dirname", "__filename"] as const;

export function readModule(code: string, parsed: ParseResult, extension: string): ModuleReading {
  const seen = /\brequire\b|\bimport\.meta\b|\b__(?:dir|file)name\b/.test(code) ? visit(code, parsed) : NOTHING;
  const format = formatOf(extension, parsed.module.hasModuleSyntax, seen);
  return {
    format,
    imports: [...importsOf(code, parsed), ...seen.imports].toSorted((a, b) => a.start - b.start),
    files: seen.files,
    missingNames: format === "cjs" ? [] : OF_COMMONJS.filter((name) => seen.used.has(name) && !seen.declared.has(name)),
  };
}

/** The imports alone: without the tree of the code, where it does not have to be looked at, this is ten times as fast. */
export function readImports(code: string, parsed: ParseResult): ImportSite[] {
  const required = /\brequire\b/.test(code) ? visit(code, parsed).imports : [];
  return [...importsOf(code, parsed), ...required];
}

function importsOf(code: string, { module }: ParseResult): ImportSite[] {
  const found: ImportSite[] = [];
  for (const statement of module.staticImports) {
    const { moduleRequest } = statement;
    const named = namesOf(statement);
    found.push({ ...site("static", moduleRequest.value, moduleRequest, code), ...(named && { named }) });
  }
  for (const { entries } of module.staticExports) {
    const [first] = entries;
    if (first?.moduleRequest) found.push(site("static", first.moduleRequest.value, first.moduleRequest, code));
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const value = literalAt(code, moduleRequest.start, moduleRequest.end);
    const pattern = value === undefined ? patternAt(code.slice(moduleRequest.start, moduleRequest.end)) : undefined;
    if (value !== undefined) found.push(site("dynamic", value, moduleRequest, code));
    else if (pattern !== undefined) found.push(site("pattern", pattern, moduleRequest, code));
  }
  return found;
}

function formatOf(extension: string, hasModuleSyntax: boolean, { used, declared }: Seen): "esm" | "cjs" {
  if (extension === ".cjs" || extension === ".cts") return "cjs";
  if (hasModuleSyntax || extension !== ".js") return "esm";
  return ["require", "module", "exports", "__dirname", "__filename"].some((name) => used.has(name) && !declared.has(name)) ? "cjs" : "esm";
}

function namesOf({ start, end, entries }: ParseResult["module"]["staticImports"][number]): NamedImport | undefined {
  if (
    !entries.some(({ importName }) => importName.kind === "Name") ||
    entries.some(({ importName }) => importName.kind === "NamespaceObject")
  ) {
    return undefined;
  }
  const members = entries.map(
    ({ importName, localName }) => [localName.value, importName.kind === "Name" ? importName.name : "default"] as const,
  );
  return { start, end, members: Object.fromEntries(members.map(([local, name]) => [local, name ?? "default"])) };
}

interface Span {
  readonly start: number;
  readonly end: number;
}

function site(kind: ImportSite["kind"], specifier: string, { start, end }: Span, code: string): ImportSite {
  const attributes = kind === "static" ? /^\s*(?:with|assert)\s*\{[^}]*\}/ : kind === "dynamic" ? /^\s*,\s*\{[^)]*\}/ : undefined;
  return { kind, specifier, start, end, attributesEnd: end + (attributes?.exec(code.slice(end, end + 200))?.[0].length ?? 0) };
}

/** The value of a string literal without escapes, or a template without parts. */
function literalAt(code: string, start: number, end: number): string | undefined {
  const value = /^(["'`])([^\\]*)\1$/.exec(code.slice(start, end).trim())?.[2];
  return value?.includes("${") && code.slice(start, end).includes("`") ? undefined : value;
}

/** `\`./skills/${name}.ts\`` as `./skills/*.ts`: which modules may be meant. */
function patternAt(text: string): string | undefined {
  const inner = /^`(\.{1,2}\/[^`\\]*)`$/.exec(text.trim())?.[1];
  const pattern = inner?.replaceAll(/\$\{[^{}]*\}/g, "*");
  return pattern === undefined || pattern.includes("${") ? undefined : pattern;
}

interface Seen {
  readonly imports: ImportSite[];
  readonly files: string[];
  readonly used: Set<string>;
  readonly declared: Set<string>;
  /** Names of functions made by `createRequire`. */
  readonly requires: Set<string>;
  /** Names that hold the folder of the module. */
  readonly folders: Set<string>;
}

const NOTHING: Seen = { imports: [], files: [], used: new Set(), declared: new Set(), requires: new Set(), folders: new Set() };

/** Any node of the tree; which members it has follows from `type`. */
interface Node extends Span {
  readonly type: string;
  readonly [member: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function visit(code: string, parsed: ParseResult): Seen {
  const seen: Seen = { imports: [], files: [], used: new Set(), declared: new Set(), requires: new Set(["require"]), folders: new Set() };
  const text = (node: Node): string => code.slice(node.start, node.end);
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) walk(one);
    if (!isNode(value)) return;
    note(value, seen, text, code);
    for (const [name, member] of Object.entries(value)) {
      // The name behind a dot and the key of a property name nothing of the module.
      const isMemberName = (name === "property" && value.type === "MemberExpression") || (name === "key" && value.type === "Property");
      if (!(isMemberName && value["computed"] === false)) walk(member);
    }
  };
  walk(parsed.program);
  return seen;
}

function note(node: Node, seen: Seen, text: (node: Node) => string, code: string): void {
  if (node.type === "Identifier" && typeof node["name"] === "string") seen.used.add(node["name"]);
  else if (node.type === "VariableDeclarator") noteVariable(node, seen, text);
  else if (node.type === "ImportSpecifier" || node.type === "ImportDefaultSpecifier" || node.type === "ImportNamespaceSpecifier") {
    if (isNode(node["local"])) seen.declared.add(text(node["local"]));
  } else if (node.type === "FunctionDeclaration" && isNode(node["id"])) seen.declared.add(text(node["id"]));
  else if (node.type === "CallExpression") noteCall(node, seen, text, code);
  else if (node.type === "NewExpression") noteUrl(node, seen, text, code);
}

function noteVariable({ id, init }: Node, seen: Seen, text: (node: Node) => string): void {
  if (!isNode(id) || id.type !== "Identifier") return;
  const name = text(id);
  seen.declared.add(name);
  if (!isNode(init)) return;
  const value = text(init);
  if (/^(?:\w+\.)?createRequire\(/.test(value)) seen.requires.add(name);
  else if (isFolder(value)) seen.folders.add(name);
}

const HERE = /^(?:import\.meta\.dirname|__dirname)$/;
const isFolder = (value: string): boolean =>
  HERE.test(value) ||
  /^(?:\w+\.)?dirname\((?:\w+\.)?fileURLToPath\(import\.meta\.url\)\)$/.test(value) ||
  /^(?:\w+\.)?fileURLToPath\(new URL\((["'`])\.\/?\1, import\.meta\.url\)\)$/.test(value);

function noteCall(node: Node, seen: Seen, text: (node: Node) => string, code: string): void {
  const { callee } = node;
  const given = Array.isArray(node["arguments"]) ? node["arguments"].filter(isNode) : [];
  const [first] = given;
  if (!isNode(callee) || !first) return;
  const called = text(callee);
  const literal = literalAt(code, first.start, first.end);
  const [, owner, method] = /^(.+)\.(resolve|join)$/.exec(called) ?? [];
  const isRequire = seen.requires.has(called) || (method === "resolve" && owner !== undefined && seen.requires.has(owner));
  if (isRequire || /^(?:\w+\.)?createRequire\([^()]*(?:\([^()]*\))?[^()]*\)(?:\.resolve)?$/.test(called)) {
    if (literal !== undefined) seen.imports.push(site("require", literal, first, code));
  } else if (called === "import.meta.resolve") {
    if (literal !== undefined) seen.imports.push(site("url", literal, first, code));
  } else if (method !== undefined || called === "join" || called === "resolve") {
    const parts = given.slice(1).map((part) => literalAt(code, part.start, part.end));
    const from = text(first);
    // What is joined from a variable is somewhere below the last part that is known.
    const known = parts.includes(undefined) ? parts.slice(0, parts.indexOf(undefined)) : parts;
    if ((isFolder(from) || seen.folders.has(from)) && known.length > 0) seen.files.push(known.join("/"));
  }
}

function noteUrl(node: Node, seen: Seen, text: (node: Node) => string, code: string): void {
  const [first, base] = Array.isArray(node["arguments"]) ? node["arguments"].filter(isNode) : [];
  if (!isNode(node["callee"]) || text(node["callee"]) !== "URL" || !first || !base || text(base) !== "import.meta.url") return;
  const literal = literalAt(code, first.start, first.end);
  if (literal !== undefined && !/^\w+:/.test(literal)) seen.imports.push(site("url", literal, first, code));
}
