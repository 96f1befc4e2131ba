#!/usr/bin/env node
import { main } from "./main.ts";
import { createTerminal } from "./terminal/terminal.ts";

// Whoever reads the output has had enough of it: `fermata routes | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(`This needs Node 22.15 or newer, and it runs on ${process.versions.node}.\n`);
  process.exit(1);
}
process.exitCode = await main(process.argv.slice(2), createTerminal());
