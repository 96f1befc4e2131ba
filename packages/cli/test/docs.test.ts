/** What the documents say to type is what the command line takes, and their JSON is JSON. */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadCommand } from "../src/main.ts";
import { parse } from "../src/command.ts";

const docs = fileURLToPath(new URL("../../../docs/", import.meta.url));
const files = [
  ...readdirSync(docs)
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${docs}${name}`),
  ...["README.md", "packages/cli/README.md", "packages/create-fermata/README.md", "packages/create-fermata/template/README.md"].map(
    (name) => fileURLToPath(new URL(`../../../${name}`, import.meta.url)),
  ),
];

interface Block {
  readonly file: string;
  readonly text: string;
}

function blocks(language: string): Block[] {
  return files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text = ""]) => ({
      file,
      text,
    })),
  );
}

/** As a shell parts a line: quotes hold words together, and a comment is none. */
function wordsOf(line: string): string[] {
  const words = line.match(/'[^']*'|"[^"]*"|[^\s'"]+/g) ?? [];
  const end = words.findIndex((word) => word.startsWith("#"));
  return (end === -1 ? words : words.slice(0, end)).map((word) => word.replace(/^(['"])(.*)\1$/, "$2"));
}

const lines = blocks("sh").flatMap(({ file, text }) => text.split("\n").map((line) => ({ file, line })));
const commands = lines.flatMap(({ file, line }) => {
  const [first, ...rest] = wordsOf(line);
  const words = first === "npx" ? rest : first === "fermata" ? [first, ...rest] : [];
  return words[0] === "fermata" ? [{ file, line: line.trim(), words: words.slice(1) }] : [];
});

test("the documents have commands to type", () => {
  expect(commands.length).toBeGreaterThan(10);
});

test.each(commands)("`$line` is understood", async ({ words: [name = "", ...rest] }) => {
  const command = await loadCommand(name);
  expect(() => parse(command, rest)).not.toThrow();
});

test.each(blocks("json"))("the JSON in $file is JSON", ({ text }) => {
  expect(() => JSON.parse(text) as unknown).not.toThrow();
});
