import { ToolWriter } from "../tools/tool-writer.ts";

/** Writes to the stream of a workflow's run: `write` for a value of the step's own, `custom` for a `data-…` chunk; other streams can be piped into it. */
export class StepWriter extends ToolWriter {}
