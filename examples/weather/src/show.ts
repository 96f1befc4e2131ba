/** How the terminal shows the demo. Colours only where somebody looks. */
import type { AgentChunk } from "fermata";

const isColourful = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const paint = (code: number) => (text: string) => (isColourful ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = paint(1);
export const dim = paint(2);
const green = paint(32);
const cyan = paint(36);
const red = paint(31);

export function say(text = ""): void {
  process.stdout.write(`${text}\n`);
}

export function complain(text: string): void {
  process.stderr.write(`${red(text)}\n`);
}

/** Writes each event when it comes. Resolves to whether the run went well. */
export async function showAnswer(events: AsyncIterable<AgentChunk>): Promise<boolean> {
  let isWell = true;
  let isMidLine = false;
  const line = (text: string): void => {
    say(isMidLine ? `\n${text}` : text);
    isMidLine = false;
  };
  for await (const event of events) {
    if (!("payload" in event)) continue;
    if (event.type === "tool-call") line(`  ${cyan("→")} ${bold(event.payload.toolName)} ${dim(JSON.stringify(event.payload.args))}`);
    else if (event.type === "tool-result") line(`  ${green("←")} ${event.payload.toolName} ${dim(JSON.stringify(event.payload.result))}`);
    else if (event.type === "tool-error") line(`  ${red("←")} ${event.payload.error.message}`);
    else if (event.type === "text-delta") {
      process.stdout.write((isMidLine ? "" : "  ") + event.payload.text.replaceAll("\n", "\n  "));
      isMidLine = true;
    } else if (event.type === "error") {
      isWell = false;
      line(`  ${red(event.payload.error.message)}`);
    }
  }
  if (isMidLine) say();
  return isWell;
}
