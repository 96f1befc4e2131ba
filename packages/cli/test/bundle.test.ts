/** The same projects as one file. What a file cannot hold is said when it is built, with what it is and who asks for it. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { bundle } from "../src/build/bundle.ts";
import { findProject } from "../src/project.ts";
import { buildAndAsk } from "./support/build-and-ask.ts";
import { CORPUS } from "./support/corpus.ts";
import { layOut, temporaryFolder } from "./support/projects.ts";

const top = temporaryFolder();
// Where others work the disk as well, this takes its time.
afterAll(() => rmSync(top, { recursive: true, force: true }), 120_000);

const NATIVE: Readonly<Record<string, string>> = { native: "oxc-resolver", sharp: "sharp-linux-x64" };
const READS_WHILE_IT_RUNS: Readonly<Record<string, string>> = {
  assets: 'src/mastra/index.ts looks for "./prompts/user.txt" while it runs',
  "create-require": 'src/mastra/index.ts looks for "only-require" while it runs',
  "dynamic-import": 'looks for "./worker.ts" while it runs',
};
/** A package of theirs looks for a module while it runs, which nobody can see from outside. */
const UNSEEN = new Set(["commonjs-only", "mixed-modules"]);

const fits = CORPUS.filter(({ name }) => !UNSEEN.has(name) && !(name in NATIVE) && !(name in READS_WHILE_IT_RUNS));

function projectOf(name: string, layout: (typeof CORPUS)[number]["layout"]): string {
  const project = mkdtempSync(join(top, "case-"));
  layOut(name, project, layout);
  return project;
}

test.each(fits)("$name, as $layout installs it, runs as one file", async ({ name, layout, app, prefix, proof, openapi, token }) => {
  const said = await buildAndAsk({ project: projectOf(name, layout), app, prefix, token, isBundled: true });
  expect(said.warnings).toEqual([]);
  expect(said.failure).toBeUndefined();
  expect(said.proof.body).toEqual(proof);
  expect(said.reply.status).toBe(200);
  expect(said.openapi).toBe(openapi ?? 404);
  expect(said.exit).toBe(0);
});

test.each(Object.entries(NATIVE))("%s is refused, because its code is native", async (name, what) => {
  await expect(bundle(findProject({ root: projectOf(name, "npm") }))).rejects.toThrow(what);
});

test.each(Object.entries(READS_WHILE_IT_RUNS))("%s is warned of what it looks for while it runs", async (name, what) => {
  const { warnings } = await bundle(findProject({ root: projectOf(name, "npm") }));
  expect(warnings.join("\n")).toContain(what);
});
