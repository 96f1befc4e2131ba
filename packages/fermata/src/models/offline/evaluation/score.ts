/** Counts how often the model chose the right tools and filled the right arguments. */
import type { JSONValue, LanguageModelV4, LanguageModelV4FunctionTool } from "@ai-sdk/provider";

/** A message and the calls that it should lead to, in any order; none for a message that no tool can serve. */
export type EvaluationCase = readonly [
  message: string,
  calls: readonly (readonly [tool: string, input: Readonly<Record<string, JSONValue>>])[],
];

export interface Score {
  /** Requests that some tool can serve, and how many of them led to exactly the expected tools. */
  readonly requests: number;
  readonly rightTools: number;
  /** Arguments that were expected or given in requests with the right tools, and how many of them were both and equal. */
  readonly arguments: number;
  readonly rightArguments: number;
  /** Messages that no tool can serve, and how many of them led to a call all the same. */
  readonly talk: number;
  readonly falseCalls: number;
  /** One line for each miss. */
  readonly misses: readonly string[];
}

export async function evaluate(
  model: LanguageModelV4,
  tools: readonly LanguageModelV4FunctionTool[],
  cases: readonly EvaluationCase[],
): Promise<Score> {
  const score = { requests: 0, rightTools: 0, arguments: 0, rightArguments: 0, talk: 0, falseCalls: 0 };
  const misses: string[] = [];
  for (const [message, expected] of cases) {
    const { content } = await model.doGenerate({
      prompt: [{ role: "user", content: [{ type: "text", text: message }] }],
      tools: [...tools],
    });
    const calls = content.flatMap((part) =>
      part.type === "tool-call" ? [{ name: part.toolName, input: JSON.parse(part.input) as Record<string, JSONValue> }] : [],
    );
    const said = calls.map((call) => `${call.name}${JSON.stringify(call.input)}`).join(" ") || "no call";
    if (expected.length === 0) {
      score.talk += 1;
      if (calls.length > 0) score.falseCalls += 1;
      if (calls.length > 0) misses.push(`${message} -> ${said}`);
      continue;
    }
    score.requests += 1;
    const isRight = names(calls.map((call) => call.name)) === names(expected.map(([name]) => name));
    if (isRight) score.rightTools += 1;
    const counts = isRight ? compare(calls, expected) : { all: 0, right: 0 };
    score.arguments += counts.all;
    score.rightArguments += counts.right;
    if (!isRight || counts.right < counts.all) misses.push(`${message} -> ${said}`);
  }
  return { ...score, misses };
}

function names(list: readonly string[]): string {
  return [...list].sort().join(" ");
}

function compare(
  calls: readonly { name: string; input: Record<string, JSONValue> }[],
  expected: EvaluationCase[1],
): { all: number; right: number } {
  let all = 0;
  let right = 0;
  const rest = [...calls];
  for (const [name, wanted] of expected) {
    const candidates = rest
      .filter((call) => call.name === name)
      .sort((left, rightCall) => equalMembers(rightCall.input, wanted) - equalMembers(left.input, wanted));
    const [given] = candidates;
    if (given === undefined) continue;
    rest.splice(rest.indexOf(given), 1);
    all += new Set([...Object.keys(wanted), ...Object.keys(given.input)]).size;
    right += equalMembers(given.input, wanted);
  }
  return { all, right };
}

function equalMembers(given: Readonly<Record<string, JSONValue>>, wanted: Readonly<Record<string, JSONValue>>): number {
  return Object.entries(wanted).filter(([key, value]) => JSON.stringify(given[key])?.toLowerCase() === JSON.stringify(value).toLowerCase())
    .length;
}

export function summarise(name: string, score: Score): string {
  return `${name}: right tools ${score.rightTools}/${score.requests}, right arguments ${score.rightArguments}/${score.arguments}, false calls ${score.falseCalls}/${score.talk}`;
}
