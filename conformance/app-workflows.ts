/** The workflows of the application behind the recorded transcripts. */
import { createStep, createWorkflow } from "fermata/workflows";
import { z } from "zod";

const sum = z.object({ sum: z.number() });
const terms = z.object({ a: z.number(), b: z.number() });

const add = createStep({
  id: "add",
  inputSchema: terms,
  outputSchema: sum,
  execute: async ({ inputData }) => ({ sum: inputData.a + inputData.b }),
});

const double = createStep({
  id: "double",
  inputSchema: sum,
  outputSchema: z.object({ result: z.number() }),
  execute: async ({ inputData, requestContext }) => {
    const factor = requestContext.get("factor");
    return { result: inputData.sum * (typeof factor === "number" ? factor : 2) };
  },
});

export const addWorkflow = createWorkflow({
  id: "addWorkflow",
  description: "Adds then doubles",
  inputSchema: terms,
  outputSchema: z.object({ result: z.number() }),
})
  .then(add)
  .then(double)
  .commit();

const text = z.object({ text: z.string() });
const approved = z.object({ text: z.string(), ok: z.boolean() });

const approve = createStep({
  id: "approve",
  inputSchema: text,
  outputSchema: approved,
  suspendSchema: z.object({ reason: z.string() }),
  resumeSchema: z.object({ ok: z.boolean() }),
  execute: async ({ inputData, resumeData, suspend }) =>
    resumeData ? { text: inputData.text, ok: resumeData.ok } : await suspend({ reason: "needs approval" }),
});

const publish = createStep({
  id: "publish",
  inputSchema: approved,
  outputSchema: z.object({ published: z.string() }),
  execute: async ({ inputData }) => ({ published: inputData.ok ? inputData.text : "" }),
});

export const approvalWorkflow = createWorkflow({
  id: "approvalWorkflow",
  inputSchema: text,
  outputSchema: z.object({ published: z.string() }),
})
  .then(approve)
  .then(publish)
  .commit();

const n = z.object({ n: z.number() });
const kind = z.object({ kind: z.string() });
const inc = createStep({ id: "inc", inputSchema: n, outputSchema: n, execute: async ({ inputData }) => ({ n: inputData.n + 1 }) });
const dec = createStep({ id: "dec", inputSchema: n, outputSchema: n, execute: async ({ inputData }) => ({ n: inputData.n - 1 }) });
const big = createStep({ id: "big", inputSchema: z.any(), outputSchema: kind, execute: async () => ({ kind: "big" }) });
const small = createStep({ id: "small", inputSchema: z.any(), outputSchema: kind, execute: async () => ({ kind: "small" }) });
const each = createStep({
  id: "each",
  inputSchema: kind,
  outputSchema: kind,
  execute: async ({ inputData }) => ({ kind: inputData.kind.toUpperCase() }),
});

export const graphWorkflow = createWorkflow({ id: "graphWorkflow", inputSchema: n, outputSchema: z.array(kind) })
  .parallel([inc, dec])
  .branch([
    [async ({ inputData }) => inputData.inc.n > 10, big],
    [async ({ inputData }) => inputData.inc.n <= 10, small],
  ])
  .map(async ({ inputData }) => [inputData.big ?? inputData.small ?? { kind: "none" }, { kind: "extra" }])
  .foreach(each)
  .commit();

const a = z.object({ a: z.number() });
const failing = createStep({
  id: "failing",
  inputSchema: a,
  outputSchema: a,
  execute: async () => {
    throw new Error("step failed on purpose");
  },
});
export const failWorkflow = createWorkflow({ id: "failWorkflow", inputSchema: a, outputSchema: a }).then(failing).commit();

const writing = createStep({
  id: "writing",
  inputSchema: z.object({ q: z.string() }),
  outputSchema: text,
  execute: async ({ inputData, writer, mastra }) => {
    await writer.write({ type: "note", at: 1 });
    await writer.custom({ type: "data-note", data: { hello: "world" } });
    const answer = await mastra.getAgentById("plainAgent").stream(inputData.q);
    await answer.fullStream.pipeTo(writer);
    return { text: await answer.text };
  },
});
export const writerWorkflow = createWorkflow({ id: "writerWorkflow", inputSchema: z.object({ q: z.string() }), outputSchema: text })
  .then(writing)
  .commit();

const ms = z.object({ ms: z.number() });
const waited = z.object({ waited: z.number() });
const waitStep = createStep({
  id: "waitStep",
  inputSchema: ms,
  outputSchema: waited,
  execute: async ({ inputData, abortSignal }) => {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, inputData.ms);
      abortSignal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    });
    return { waited: inputData.ms };
  },
});
export const slowWorkflow = createWorkflow({ id: "slowWorkflow", inputSchema: ms, outputSchema: waited }).then(waitStep).sleep(50).commit();
