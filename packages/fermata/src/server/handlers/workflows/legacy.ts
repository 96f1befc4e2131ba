/** The older form of a workflow's stream. */
import type { workflows } from "../../../contract/routes/workflows.ts";
import type { Handler } from "../../route-table.ts";
import type { StreamSource } from "../../wire/event-stream.ts";
import { observe, stream } from "./start.ts";

export const streamLegacy: Handler<typeof workflows.streamLegacy> = async (input, call) => inOlderForm(await stream(input, call));

export const observeStreamLegacy: Handler<typeof workflows.observeStreamLegacy> = async ({ params, query, body }, call) =>
  inOlderForm(await observe({ params, query: { ...query, offset: undefined }, body }, call));

function inOlderForm(source: StreamSource): StreamSource {
  return { ...source, reform: toOlderForm };
}

interface ShownChunk {
  readonly type: string;
  readonly runId?: string;
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** Without envelope and names; a step's result is followed by its `step-finish`. */
function toOlderForm(shown: unknown): readonly unknown[] {
  const { type: newer, runId, payload } = shown as ShownChunk; // made by the projection
  const type = newer.replace(/^workflow-/, "");
  if (newer === "workflow-start" || newer === "workflow-finish") return [{ type, payload: { runId } }];
  if (!newer.startsWith("workflow-")) return [shown];
  const { stepName: _name, ...rest } = payload ?? {};
  if (newer === "workflow-step-start") return [{ type, payload: { ...rest, request: {} } }];
  if (newer !== "workflow-step-result") return [{ type, payload: rest }];
  const { id, stepCallId } = rest;
  return [
    { type, payload: rest },
    { type: "step-finish", payload: { id, stepCallId, metadata: {} } },
  ];
}
