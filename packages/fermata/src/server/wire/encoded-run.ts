import type { RunEncoder } from "../../protocols/run-encoder.ts";
import type { StreamSource } from "./event-stream.ts";

/** The reply of a route that streams when its body asks for it: a run, and who writes it. */
export class EncodedRun {
  readonly run: StreamSource;
  readonly encoder: RunEncoder;

  constructor(run: StreamSource, encoder: RunEncoder) {
    this.run = run;
    this.encoder = encoder;
  }
}
