/** Links between the documents lead somewhere, and every page can be reached from the first one. */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { pagePaths, readPage, root } from "./pages.ts";

const pages = [...pagePaths(), "CONTRIBUTING.md", ...readdirSync(`${root}docs/decisions`).map((name) => `docs/decisions/${name}`)];

interface Link {
  readonly page: string;
  readonly to: string;
}

const withoutCode = (text: string): string => text.replaceAll(/```[\s\S]*?```/g, "").replaceAll(/`[^`\n]*`/g, "");

function linksOf(page: string): Link[] {
  return [...withoutCode(readPage(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = ""]) => ({ page, to }));
}

/** As code hosts make them of headings. */
function anchorsOf(page: string): string[] {
  return [
    ...readPage(page)
      .replaceAll(/```[\s\S]*?```/g, "")
      .matchAll(/^#{1,6} (.+)$/gm),
  ].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}

const inside = pages.flatMap(linksOf).filter(({ to }) => !/^[a-z]+:/.test(to));

test("every link leads to a file and a heading that are there", () => {
  const broken = inside.filter(({ page, to }) => {
    const [path = "", anchor] = to.split("#");
    const target = path === "" ? page : normalize(join(dirname(page), path));
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test("every page of the documents is named on the first one", () => {
  const named = linksOf("docs/index.md").map(({ to }) => to);
  const all = readdirSync(`${root}docs`).filter((name) => name.endsWith(".md") && name !== "index.md");
  expect(all.filter((name) => !named.includes(name))).toEqual([]);
});
