/** Code in the documents compiles, as modules of an app that has the package installed. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { codeBlocks, pagePaths, readPage, root } from "./pages.ts";

const blocks = pagePaths().flatMap(codeBlocks);

test("every TypeScript block of the documents compiles", () => {
  const folder = mkdtempSync(join(tmpdir(), "documents-"));
  try {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const compilerOptions = { noEmit: true, types: ["node"], typeRoots: ["node_modules/@types"], preserveSymlinks: false };
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: join(root, "tsconfig.base.json"), compilerOptions, include: ["*.ts"] }),
    );
    for (const { path, line, code, as = `${path.replaceAll(/[/.]/g, "_")}-line-${line}.ts` } of blocks) {
      writeFileSync(join(folder, as), `${code}\nexport {};\n`);
    }
    const tsc = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--pretty", "false", "-p", folder], {
      encoding: "utf8",
    });
    expect(tsc.stdout + tsc.stderr).toBe("");
    expect(tsc.status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);

test.each(blocks.filter(({ file }) => file !== undefined))("the block at line $line of $path is $file", ({ code, file = "" }) => {
  expect(code).toBe(readPage(file));
});

test("the minimal server has at most 15 lines", () => {
  expect(readPage("docs/examples/minimal.ts").trimEnd().split("\n").length).toBeLessThanOrEqual(15);
});
