import type { ImportSite } from "./read-module.ts";

/** A site with what is to stand there. */
export interface Replacement {
  readonly site: ImportSite;
  readonly specifier: string;
  /** The other file is no longer of the kind that the import's attributes say. */
  readonly dropAttributes?: boolean;
  /** The other module is CommonJS: its members are taken from its value, since Node finds by name only those that are easy to see. */
  readonly isCommonJs?: boolean;
}

/** The code with other specifiers. Lines stay where they are. */
export function rewrite(code: string, replacements: readonly Replacement[]): string {
  let result = "";
  let at = 0;
  for (const [index, replacement] of replacements.toSorted((a, b) => a.site.start - b.site.start).entries()) {
    const { site, specifier, dropAttributes, isCommonJs } = replacement;
    if (isCommonJs && site.named) {
      result += code.slice(at, site.named.start) + membersOf(site.named.members, specifier, `__commonjs${index}`);
      at = site.named.end;
      continue;
    }
    result +=
      code.slice(at, site.start) +
      (site.kind === "pattern" ? compiledPattern(code.slice(site.start, site.end)) : JSON.stringify(specifier));
    at = dropAttributes ? site.attributesEnd : site.end;
  }
  return result + code.slice(at);
}

function membersOf(members: Readonly<Record<string, string>>, specifier: string, name: string): string {
  const all = Object.entries(members);
  const whole = all.filter(([, member]) => member === "default").map(([local]) => `, ${local} = ${name}`);
  const named = all.filter(([, member]) => member !== "default").map(([local, member]) => `${JSON.stringify(member)}: ${local}`);
  return `import ${name} from ${JSON.stringify(specifier)}; const { ${named.join(", ")} } = ${name}${whole.join("")};`;
}

/** On the first line, so that the others keep their numbers: what CommonJS gives and ES modules do not. */
export function commonJsNames(names: readonly string[]): string {
  const lines: Readonly<Record<string, string>> = {
    require: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url); ',
    __dirname: "const __dirname = import.meta.dirname; ",
    __filename: "const __filename = import.meta.filename; ",
  };
  return names.map((name) => lines[name] ?? "").join("");
}

/** The template with the ending that compiled modules have. */
function compiledPattern(template: string): string {
  return template.replace(/(?:\.[cm]?[jt]sx?)?`$/, ".mjs`");
}
