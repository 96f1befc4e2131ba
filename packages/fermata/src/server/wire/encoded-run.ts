import type { OpenRun } from "../../agents/delegation.ts";
import type { RunEncoder } from "../../protocols/run-encoder.ts";

/** The reply of a route that streams when its body asks for it: a run, and who writes it. */
export class EncodedRun {
  readonly run: OpenRun;
  readonly encoder: RunEncoder;

  constructor(run: OpenRun, encoder: RunEncoder) {
    this.run = run;
    this.encoder = encoder;
  }
}
