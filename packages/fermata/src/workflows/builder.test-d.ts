/** Checked by the compiler alone: a wrong edge must not compile, a right one must. */
import { z } from "zod";
import { createStep, createWorkflow, mapVariable } from "./index.ts";

const length = createStep({
  id: "length",
  inputSchema: z.string(),
  outputSchema: z.number(),
  execute: async ({ inputData }) => inputData.length,
});
const isEven = createStep({
  id: "isEven",
  inputSchema: z.number(),
  outputSchema: z.boolean(),
  execute: async ({ inputData }) => inputData % 2 === 0,
});
const next = createStep({ id: "next", inputSchema: z.number(), outputSchema: z.number(), execute: async ({ inputData }) => inputData + 1 });
const counted = createStep({
  id: "counted",
  inputSchema: z.number(),
  outputSchema: z.number(),
  stateSchema: z.object({ count: z.number() }),
  execute: async ({ state }) => state.count,
});

const text = { id: "w", inputSchema: z.string(), outputSchema: z.boolean() } as const;

// A chain hands on what each step gives.
const right = createWorkflow(text).then(length).then(isEven).commit();

// @ts-expect-error isEven takes a number, the workflow gets a text
createWorkflow(text).then(isEven);

// @ts-expect-error the last step gives a number, the workflow promises a boolean
createWorkflow(text).then(length).commit();

// The keys of parallel are the ids of its steps.
createWorkflow({ id: "p", inputSchema: z.number(), outputSchema: z.object({ isEven: z.boolean(), next: z.number() }) })
  .parallel([isEven, next])
  .commit();

// @ts-expect-error length takes a text
createWorkflow({ id: "p", inputSchema: z.number(), outputSchema: z.any() }).parallel([isEven, length]);

// A branch may have taken none of its arms.
createWorkflow({ id: "b", inputSchema: z.number(), outputSchema: z.number() })
  .branch([[async ({ inputData }) => inputData > 1, next]])
  .map(async ({ inputData }) => inputData.next ?? 0)
  .commit();

// @ts-expect-error the condition gets a number
createWorkflow({ id: "b", inputSchema: z.number(), outputSchema: z.any() }).branch([[async ({ inputData }) => inputData.length > 1, next]]);

// foreach takes a list, and gives one.
createWorkflow({ id: "f", inputSchema: z.array(z.string()), outputSchema: z.array(z.number()) })
  .foreach(length, { concurrency: 2 })
  .commit();

// @ts-expect-error there is no list before it
createWorkflow({ id: "f", inputSchema: z.string(), outputSchema: z.any() }).foreach(length);

// @ts-expect-error the items are texts
createWorkflow({ id: "f", inputSchema: z.array(z.string()), outputSchema: z.any() }).foreach(next);

// A loop's step gets its own output again.
createWorkflow({ id: "l", inputSchema: z.number(), outputSchema: z.number() })
  .dountil(next, async ({ inputData, iterationCount }) => inputData > 3 || iterationCount > 9)
  .commit();

// @ts-expect-error isEven gives a boolean, which it does not take
createWorkflow({ id: "l", inputSchema: z.number(), outputSchema: z.any() }).dowhile(isEven, async () => false);

// Steps share the state that the workflow declares.
createWorkflow({ id: "s", inputSchema: z.number(), outputSchema: z.number(), stateSchema: z.object({ count: z.number() }) })
  .then(counted)
  .commit();

// @ts-expect-error this workflow's state has no count
createWorkflow({ id: "s", inputSchema: z.number(), outputSchema: z.number(), stateSchema: z.object({ total: z.number() }) }).then(counted);

// Workflows are steps.
createWorkflow({ id: "outer", inputSchema: z.string(), outputSchema: z.boolean() }).then(right).commit();

// @ts-expect-error the workflow takes a text
createWorkflow({ id: "outer", inputSchema: z.number(), outputSchema: z.any() }).then(right);

// The schemas of a step serve beside it.
createWorkflow({ id: "same", inputSchema: length.inputSchema, outputSchema: isEven.outputSchema }).then(length).then(isEven).commit();

// A table of sources has the type of what it takes.
createWorkflow({
  id: "m",
  inputSchema: z.object({ name: z.string() }),
  outputSchema: z.object({ size: z.number(), name: z.string(), fixed: z.number() }),
})
  .map({ text: mapVariable({ initData: right, path: "name" }) })
  .map(async ({ inputData }) => inputData.text)
  .then(length)
  .map({ size: { step: length, path: "." }, name: { initData: right, path: "name" }, fixed: { value: 1 } })
  .commit();

export async function runs(): Promise<void> {
  const run = await right.createRun();
  const result = await run.start({ inputData: "abc" });
  if (result.status === "success") result.result satisfies boolean;
  // @ts-expect-error the workflow takes a text
  await run.start({ inputData: 1 });
  // @ts-expect-error an input is needed
  await run.start();
  // @ts-expect-error only a run that succeeded has a result
  void result.result;
}
