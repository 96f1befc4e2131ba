import type { AgentChunk } from "../agents/chunks.ts";
import type { Run } from "../agents/loop/run.ts";

/** A run in the words of another protocol, chunk by chunk. It shows nothing that it does not name itself. */
export interface RunEncoder {
  /** The frames of a chunk, complete with their line ends; nothing when the protocol has no word for it. */
  encode(chunk: AgentChunk): string | undefined;
  /** The frames of the end. Without a run: its producer broke, and the failure has been encoded before. */
  end(run: Run | undefined): string;
}
