/** A package as registries hand it out: a tar archive (ustar) in gzip, everything below `package/`. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const BLOCK = 512;

/** Its files without the packages installed in it. */
export function tarballOf(folder: string): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const path of filesOf(folder)) {
    const content = readFileSync(join(folder, path));
    const isProgram = (statSync(join(folder, path)).mode & 0o111) !== 0;
    parts.push(header(`package/${path}`, content.length, isProgram ? 0o755 : 0o644), content, new Uint8Array(padding(content.length)));
  }
  return gzipSync(Buffer.concat([...parts, new Uint8Array(2 * BLOCK)]), { level: 1 });
}

function filesOf(folder: string, below = ""): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesOf(folder, path);
    return entry.isFile() ? [path] : [];
  });
}

const padding = (length: number): number => (BLOCK - (length % BLOCK)) % BLOCK;

function header(path: string, length: number, mode: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  const write = (text: string, at: number): void => void new TextEncoder().encodeInto(text, block.subarray(at));
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");
  // A long path is split between two fields.
  const cut = path.length > 100 ? path.indexOf("/", path.length - 101) : -1;
  write(cut === -1 ? path : path.slice(cut + 1), 0);
  if (cut !== -1) write(path.slice(0, cut), 345);
  write(octal(mode, 7), 100);
  write(octal(0, 7), 108);
  write(octal(0, 7), 116);
  write(octal(length, 11), 124);
  write(octal(0, 11), 136);
  write("        ", 148); // the sum is taken with spaces in its place
  write("0", 156);
  write("ustar\u000000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  write(`${octal(sum, 6)}\u0000 `, 148);
  return block;
}
