import { existsSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { build } from "../build/build.ts";
import { dockerfile } from "../build/dockerfile.ts";
import { command } from "../command.ts";
import { findProject } from "../project.ts";

export const buildCommand = command({
  name: "build",
  summary: "Makes a server that runs by itself: .mastra/output",
  options: {
    dir: { type: "string", short: "d", value: "folder", help: "where the instance is (default: src/mastra)" },
    root: { type: "string", short: "r", value: "folder", help: "the project (default: this folder)" },
    output: { type: "string", short: "o", value: "folder", help: "where the server goes (default: .mastra/output)" },
    bundle: { type: "boolean", help: "put everything into one file" },
    sourcemap: { type: "boolean", help: "write source maps" },
    dockerfile: { type: "boolean", help: "write a Dockerfile and a .dockerignore, where there are none" },
    json: { type: "boolean", help: "say what was made as JSON" },
  },
  more: `The output holds the app's modules, compiled one by one, the packages that they use, copied from what is installed, an entry
index.mjs, and sbom.cdx.json, which lists the packages. It runs with \`node .mastra/output/index.mjs\`, anywhere, without an install.
A package that is loaded by a name made at run time is named in package.json: "fermata": { "include": ["the-package"] }.`,
  async run({ values, terminal }) {
    const project = findProject({ root: values.root, dir: values.dir });
    const progress = terminal.progress("Building");
    try {
      const options = {
        ...(values.output !== undefined && { output: resolve(values.output) }),
        sourcemap: values.sourcemap ?? false,
        onProgress: progress.update,
      };
      const result = values.bundle ? await (await import("../build/bundle.ts")).bundle(project, options) : build(project, options);
      progress.done();
      if (values.json) terminal.say(JSON.stringify(result));
      else {
        for (const warning of result.warnings) terminal.note(terminal.paint.yellow(warning));
        if (result.unused.length > 0)
          terminal.note(
            terminal.paint.dim(
              `Left out, because nothing imports them: ${result.unused.join(", ")}. "fermata": { "include": […] } in package.json takes them along.`,
            ),
          );
        const where = relative(process.cwd(), result.output) || ".";
        const size = `${(result.bytes / 1e6).toFixed(1)} MB`;
        terminal.say(
          `Built ${where} in ${(result.ms / 1000).toFixed(2)} s: ${result.modules} modules, ${result.packages} packages, ${size}.`,
        );
        terminal.say(terminal.paint.dim(`Run it: node ${join(where, "index.mjs")}, or fermata start.`));
      }
      if (values.dockerfile) {
        for (const [name, text] of Object.entries(dockerfile(project.root))) {
          const path = join(project.root, name);
          if (existsSync(path)) terminal.note(`${name} is there already and was left alone.`);
          else writeFileSync(path, text);
        }
      }
    } finally {
      progress.done();
    }
  },
});
