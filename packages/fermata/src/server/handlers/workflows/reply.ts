import type { RouteOutput } from "../../../contract/route.ts";
import type { workflows } from "../../../contract/routes/workflows.ts";
import type { WorkflowDefinition } from "../../../workflows/definition.ts";
import type { WorkflowHost } from "../../../workflows/host.ts";
import { settledState, type Begun } from "../../../workflows/operations.ts";
import { resultOf } from "../../../workflows/result.ts";
import { chunksOf } from "../../../workflows/run.ts";
import type { Call } from "../../call.ts";
import type { StreamSource } from "../../wire/event-stream.ts";
import { projectWorkflowResult } from "../../wire/workflow-projection.ts";

/** How the run came out, once it has ended or waits. The run goes on when the caller does not wait for it. */
export async function resultReply(
  host: WorkflowHost,
  workflow: WorkflowDefinition,
  begun: Begun,
  call: Call,
): Promise<RouteOutput<typeof workflows.startAsync>> {
  const result = projectWorkflowResult(resultOf(await settledState(host, workflow, begun, call.signal)), call.audience);
  return result as unknown as RouteOutput<typeof workflows.startAsync>; // the same members, as the contract's open object
}

export interface ReadingOptions {
  /** Chunks to leave out. */
  readonly offset?: number | undefined;
  readonly closeOnSuspend?: boolean | undefined;
}

/** The chunks of a stretch of a run. A reader that leaves does not stop the run. */
export function streamOf(
  host: WorkflowHost,
  begun: Begun,
  call: Call,
  { offset = 0, closeOnSuspend = true }: ReadingOptions = {},
): StreamSource {
  const { signal } = call;
  return {
    runId: begun.id,
    async start(sink) {
      let skipped = 0;
      for await (const chunk of chunksOf(host.runs.read(begun, { after: begun.after, signal, staysOnWait: !closeOnSuspend }))) {
        if (skipped++ < offset) continue;
        const isWait = chunk.type === "workflow-finish" && "payload" in chunk && chunk.payload.workflowStatus === "suspended";
        if (isWait && !closeOnSuspend) continue;
        const pushed = sink.push(chunk);
        if (pushed) await pushed;
      }
      return undefined;
    },
  };
}
