/** The repository's documents as the tests read them. */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../../", import.meta.url));

export function readPage(path: string): string {
  return readFileSync(`${root}${path}`, "utf8");
}

/** Every page with code in it. */
export function pagePaths(): string[] {
  const docs = readdirSync(`${root}docs`).filter((name) => name.endsWith(".md"));
  return ["README.md", "packages/fermata/README.md", ...docs.map((name) => `docs/${name}`)];
}

export interface CodeBlock {
  readonly path: string;
  /** Of the first line of the code, from 1. */
  readonly line: number;
  readonly code: string;
  /** The file that the block is a copy of, from the comment before it. */
  readonly file: string | undefined;
  /** The name under which blocks after it import it. */
  readonly as: string | undefined;
}

/** The TypeScript blocks of a page. */
export function codeBlocks(path: string): CodeBlock[] {
  const text = readPage(path);
  return [...text.matchAll(/(?:<!-- (?:file: (\S+)|as: (\S+)) -->\n)?```ts\n([\s\S]*?)```/g)].map((match) => {
    const [whole, file, as, code = ""] = match;
    const line = text.slice(0, match.index + whole.indexOf("```ts\n")).split("\n").length + 1;
    return { path, line, code, file, as };
  });
}

/** What stands in `code` marks in the text. */
export function codeWords(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, word = ""]) => word);
}

/** The text between `<!-- name:begin -->` and `<!-- name:end -->`. */
export function marked(path: string, name: string): string {
  const found = new RegExp(`<!-- ${name}:begin -->([\\s\\S]*?)<!-- ${name}:end -->`).exec(readPage(path));
  if (!found) throw new Error(`${path} has no part "${name}".`);
  return found[1] ?? "";
}

/** The text below a heading of the second level, up to the next one. */
export function section(path: string, heading: string): string {
  const found = readPage(path)
    .split(/^## /m)
    .find((part) => part.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`${path} has no heading "${heading}".`);
  return found;
}
