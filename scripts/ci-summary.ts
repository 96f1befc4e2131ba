/** Adds up what the parts of `.ci/run` left in a folder, prints one line per part and the sum last. Fails when anything did. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Counts, countsOf, summaryLine } from "./ci-counts.ts";

const folder = process.argv[2] ?? "";
const parts = readdirSync(folder)
  .filter((name) => name.endsWith(".code"))
  .map((file) => {
    const name = file.replace(/\.code$/, "");
    const report = join(folder, `${name}.json`);
    const exitCode = Number(readFileSync(join(folder, file), "utf8"));
    return { name, counts: countsOf({ name, exitCode, report: existsSync(report) ? readFileSync(report, "utf8") : undefined }) };
  });

for (const { name, counts } of parts) console.log(`${name}: ${summaryLine(counts)}`);
const sum = parts.reduce<Counts>(
  (total, { counts }) => ({
    passed: total.passed + counts.passed,
    failed: total.failed + counts.failed,
    skipped: total.skipped + counts.skipped,
  }),
  { passed: 0, failed: parts.length === 0 ? 1 : 0, skipped: 0 },
);
console.log(summaryLine(sum));
process.exitCode = sum.failed === 0 ? 0 : 1;
