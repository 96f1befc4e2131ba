/** From a prepared run to one that has ended: its signal, its time limit, its result. */
import { FermataError } from "../errors.ts";
import type { ChunkSink } from "./chunks.ts";
import type { OpenRun } from "./delegation.ts";
import type { GenerateResult } from "./generate-result.ts";
import { runLoop, type Reentry } from "./loop/run-loop.ts";
import { NO_SINK, type Run, type RunSetup } from "./loop/run.ts";
import type { Remembering } from "./remembering.ts";
import { toGenerateResult } from "./result.ts";

export interface AgentSetup extends RunSetup {
  readonly conversation: Remembering | undefined;
}

type MakeRun = (sink: ChunkSink, signal: AbortSignal) => { readonly run: Run; readonly reentry?: Reentry };

/** A run under its caller's signal, or, with a time limit, under one that ends it in the same way. */
export function startable(setup: AgentSetup, putBack: (() => Promise<void>) | undefined, make: MakeRun): OpenRun {
  const { abortSignal, modelSettings } = setup.options;
  const totalMs = modelSettings?.timeout?.totalMs;
  return {
    runId: setup.runId,
    start: async (sink) => {
      if (putBack && abortSignal?.aborted) await putBack(); // nothing has happened to it yet: it goes on waiting
      const signal = interruptible(abortSignal, setup.conversation);
      if (totalMs !== undefined) return startLimited(sink, make, signal, totalMs);
      return drive(sink, make(sink, signal ?? new AbortController().signal));
    },
  };
}

/** Another turn of the same thread may end this one. */
function interruptible(signal: AbortSignal | undefined, conversation: Remembering | undefined): AbortSignal | undefined {
  if (!conversation) return signal;
  return signal ? AbortSignal.any([signal, conversation.interrupted]) : conversation.interrupted;
}

async function startLimited(sink: ChunkSink, make: MakeRun, outer: AbortSignal | undefined, totalMs: number): Promise<Run> {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(outer?.reason);
  if (outer?.aborted) onAbort();
  outer?.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(
    () => controller.abort(new FermataError("UPSTREAM_TIMEOUT", `The run took longer than ${totalMs} ms.`)),
    totalMs,
  );
  const run = await drive(sink, make(sink, controller.signal));
  clearTimeout(timer);
  outer?.removeEventListener("abort", onAbort);
  return run;
}

/** Runs to the end. A run that is cancelled does not wait for its reader any more. */
async function drive(sink: ChunkSink, { run, reentry }: ReturnType<MakeRun>): Promise<Run> {
  const release = sink.release && ((): void => sink.release?.());
  if (release) run.signal.addEventListener("abort", release, { once: true });
  await runLoop(run, reentry);
  if (release) run.signal.removeEventListener("abort", release);
  return run;
}

export async function collect<T>(open: OpenRun): Promise<GenerateResult<T>> {
  const run = await open.start(NO_SINK);
  if (run.status === "failed" || run.status === "aborted") throw run.error;
  return toGenerateResult<T>(run);
}
