/** What must not stand in the project's text, and links that lead nowhere. Pure: files in, faults out. */
import { posix } from "node:path";
import type { Fault, SourceFile } from "./import-rules.ts";

/** A path of one particular machine: homes, and folders that only a build machine has. */
const machinePath =
  /(?<![\w.:/@-])(?:\/(?:home|Users)\/[\w.-]+\/|\/(?:root|work|workspace|var\/folders|private\/var)\/[\w.-]|[A-Z]:\\Users\\)/;

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

/** The anchor of a heading, as the usual readers of Markdown make it. */
function anchorOf(heading: string): string {
  const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, "");
  return plain
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

/** Text with its code blanked out, so that what stands in code is no link and no heading. Offsets stay. */
const withoutCode = (text: string): string =>
  text.replace(/^(```|~~~)[\s\S]*?^\1/gm, (block) => block.replace(/[^\n]/g, " ")).replace(/`[^`\n]*`/g, (code) => " ".repeat(code.length));

function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  const fences = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, "");
  for (const [, heading = ""] of fences.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const anchor = anchorOf(heading);
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`);
  }
  for (const [, name = ""] of fences.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(name);
  return anchors;
}

function linkFaults({ path, text }: SourceFile, texts: ReadonlyMap<string, string>, exists: (path: string) => boolean): Fault[] {
  const faults: Fault[] = [];
  for (const match of withoutCode(text).matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)) {
    const link = match[1] ?? "";
    if (/^[a-z][a-z+.-]*:/i.test(link)) continue;
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : posix.normalize(posix.join(posix.dirname(path), decodeURIComponent(file)));
    const line = lineOf(text, match.index);
    if (!exists(target)) faults.push({ path, line, message: `the link to ${link} leads to no file` });
    else if (anchor !== undefined && texts.has(target) && target.endsWith(".md") && !anchorsOf(texts.get(target) ?? "").has(anchor)) {
      faults.push({ path, line, message: `the link to ${link} leads to no heading` });
    }
  }
  return faults;
}

/** Faults of `files`; `exists` answers for a path from the repository's root, files and folders alike. */
export function findTextFaults(files: readonly SourceFile[], exists: (path: string) => boolean): Fault[] {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  return files.flatMap((file) => {
    const faults: Fault[] = [];
    const found = machinePath.exec(file.text);
    if (found) faults.push({ path: file.path, line: lineOf(file.text, found.index), message: `names a path of one machine: ${found[0]}` });
    if (file.path.endsWith(".md")) faults.push(...linkFaults(file, texts, exists));
    return faults;
  });
}
