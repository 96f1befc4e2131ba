/** Real projects in miniature: each is built, moved to an empty folder without a node_modules, and run there without a network. */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { buildAndAsk } from "./support/build-and-ask.ts";
import { CORPUS } from "./support/corpus.ts";
import { layOut, temporaryFolder } from "./support/projects.ts";

const top = temporaryFolder();
// Where others work the disk as well, this takes its time.
afterAll(() => rmSync(top, { recursive: true, force: true }), 120_000);

test.each(CORPUS)(
  "$name, installed as $layout does, is built and runs alone",
  async ({ name, layout, app, prefix, proof, openapi, token }) => {
    const project = mkdtempSync(join(top, "case-"));
    layOut(name, project, layout);
    const said = await buildAndAsk({ project, app, prefix, token });
    expect(said.warnings.filter((text) => !text.includes("not-installed-anywhere"))).toEqual([]);
    expect(said.failure).toBeUndefined();
    expect(said.health).toEqual([200, { success: true }]);
    expect(said.proof.body).toEqual(proof);
    expect(said.reply.status).toBe(200);
    expect(said.reply.body.text).not.toBe("");
    expect(said.openapi).toBe(openapi ?? 404);
    expect(said.beyond).toMatch(/^E(?:NETUNREACH|PERM)$/);
    expect(said.exit).toBe(0);
  },
);
