import type { ChunkSink } from "../chunks.ts";
import { PartConsumer } from "./read-parts.ts";
import type { Reentry } from "./run-loop.ts";
import { Run, type Answer, type RunSetup } from "./run.ts";
import type { PendingCall } from "./state.ts";
import type { SavedRun } from "./suspend.ts";

/** A run that waited, as it was, and the place where it goes on. */
export function restoreRun(
  setup: RunSetup,
  saved: SavedRun,
  { pending, answer }: { readonly pending: PendingCall; readonly answer: Answer },
  sink: ChunkSink,
  signal: AbortSignal,
): { run: Run; reentry: Reentry } {
  const run = new Run(setup, saved.history, sink, signal, saved);
  run.produced.push(...saved.produced);
  run.steps.push(...saved.steps);
  run.settled.push(...saved.settled);
  run.pending = saved.pending;
  run.usage = saved.usage;
  run.answered.push(...saved.answered);
  run.view = saved.view;
  run.processorRetries = saved.processorRetries;
  run.heard = saved.heard;
  run.resumedStep = saved.step.stepNumber;
  run.remembered = saved.remembered ?? [];
  const consumer = new PartConsumer(run, saved.step);
  consumer.content.push(...saved.content);
  run.open = consumer.content;
  return { run, reentry: { modelStep: { step: saved.step, consumer }, pending, answer } };
}
