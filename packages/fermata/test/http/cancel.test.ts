/** A run is cancelled from a second connection: whatever is at work in it stops, it ends once, and nothing of it is left. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { CancelReport } from "../support/cancel-child.ts";
import { onSharedData } from "../support/on-shared-data.ts";

const CHILD = fileURLToPath(new URL("../support/cancel-child.ts", import.meta.url));

/** Resolves when the process has ended by itself: a timer or a socket that is left over would keep it. */
async function reports(env: Readonly<Record<string, string>>): Promise<CancelReport[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--disable-warning=ExperimentalWarning", CHILD], {
    env: { ...process.env, ...env },
    timeout: 40_000, // the timers of the work that was cancelled would go on for longer
  });
  const lines = stdout.split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as CancelReport);
}

/** What is under way when the run is cancelled. */
const WORK: Readonly<Record<string, readonly string[]>> = {
  "the model's call of an agent": ["model"],
  "a tool of an agent": ["tool"],
  "an agent as the tool of an agent": ["model"],
  "a workflow as the tool of an agent": ["deep"],
  "a step": ["step"],
  "a step of a workflow in a workflow": ["deep"],
  "steps at the same time": ["left", "right"],
  "the items of a list": ["each a", "each b", "each c"],
  "a step that is about to be repeated": ["fails"],
  "a step beside a sleep": ["awake"],
  "an agent as a step": ["model"],
  "a tool as a step": ["tool"],
};

const endsOf = (kind: string): string[] => {
  if (kind === "an agent as a step") return ["abort", "workflow-finish"]; // the first is the agent's, passed through
  return kind.endsWith("of an agent") ? ["abort"] : ["workflow-finish"];
};

test("in the process: every signal fires, the run has one end, what has not begun does not begin, and the process can end", async () => {
  const seen = await reports({});
  expect(seen.map(({ ms: _ms, ...report }) => report)).toEqual(
    Object.entries(WORK).map(([kind, work]) => {
      const isAgent = kind.endsWith("of an agent"); // without a store nothing is known of its turn afterwards
      const after = isAgent ? { replies: [200, 404] } : { replies: [200, 409], status: "cancelled" };
      return { kind, begun: work, stopped: work, ends: endsOf(kind), live: 0, ...after };
    }),
  );
}, 60_000);

onSharedData((open) => {
  test("from another server that shares the store: the same, and all of it is on disk", { timeout: 60_000 }, async () => {
    await using data = await open();
    const seen = await reports({ DATA_URL: data.url });
    expect(seen.map(({ ms: _ms, ...report }) => report)).toEqual(
      Object.entries(WORK).map(([kind, work]) => {
        return { kind, begun: work, stopped: work, ends: endsOf(kind), live: 0, replies: [200, 409], status: "cancelled" };
      }),
    );
  });
});
