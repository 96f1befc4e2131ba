import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createStep, createWorkflow, mapVariable } from "./index.ts";

const numbers = z.number();
const add = (id: string, by: number) =>
  createStep({ id, inputSchema: numbers, outputSchema: numbers, execute: async ({ inputData }) => inputData + by });
const one = add("one", 1);
const ten = add("ten", 10);

test("a step's context can be spread and taken apart like any object", async () => {
  const State = z.object({ n: z.number() });
  const inner = createStep({
    id: "inner",
    stateSchema: State,
    execute: async (context) => {
      const { inputData, ...rest } = { ...context };
      await rest.setState({ n: rest.state.n + 1 });
      return [inputData, context.state, rest.getInitData(), rest.runId, rest.idempotencyKey.startsWith(rest.runId)];
    },
  });
  const workflow = createWorkflow({ id: "w", stateSchema: State }).then(inner).commit();
  const run = await workflow.createRun({ runId: "r" });
  const result = await run.start({ inputData: 5, initialState: { n: 1 } });
  expect(result).toMatchObject({ status: "success", result: [5, { n: 2 }, 5, "r", true] });
});

describe("the order of steps", () => {
  test("each step gets what the one before it gave", async () => {
    const workflow = createWorkflow({ id: "w", inputSchema: numbers, outputSchema: numbers }).then(one).then(ten).commit();
    const result = await (await workflow.createRun()).start({ inputData: 5 });
    expect(result).toMatchObject({
      status: "success",
      result: 16,
      input: 5,
      steps: { one: { payload: 5, output: 6 }, ten: { payload: 6, output: 16 } },
      stepExecutionPath: ["one", "ten"],
    });
  });

  test("parallel steps begin before any of them ends, and give their outputs by id", async () => {
    const log: string[] = [];
    const slow = (id: string) =>
      createStep({
        id,
        inputSchema: numbers,
        outputSchema: z.string(),
        execute: async () => {
          log.push(`begin ${id}`);
          await new Promise((resolve) => setTimeout(resolve, 5));
          log.push(`end ${id}`);
          return id;
        },
      });
    const workflow = createWorkflow({ id: "w", inputSchema: numbers, outputSchema: z.any() })
      .parallel([slow("a"), slow("b")])
      .commit();
    expect(await (await workflow.createRun()).start({ inputData: 1 })).toMatchObject({ result: { a: "a", b: "b" } });
    expect(log).toEqual(["begin a", "begin b", "end a", "end b"]);
  });

  test("of a branch only the first arm whose condition holds runs", async () => {
    const workflow = createWorkflow({ id: "w", inputSchema: numbers, outputSchema: z.any() })
      .branch([
        [async ({ inputData }) => inputData > 100, add("big", 0)],
        [async ({ inputData }) => inputData > 1, one],
        [async () => true, ten],
      ])
      .commit();
    expect(await (await workflow.createRun()).start({ inputData: 5 })).toMatchObject({ result: { one: 6 } });
  });

  test("a branch without a true condition gives nothing", async () => {
    const workflow = createWorkflow({ id: "w", inputSchema: numbers, outputSchema: z.any() })
      .branch([[async () => false, one]])
      .commit();
    expect(await (await workflow.createRun()).start({ inputData: 5 })).toMatchObject({ status: "success", result: {} });
  });

  test("dowhile runs its step while the condition holds, and counts from 1", async () => {
    const counts: number[] = [];
    const workflow = createWorkflow({ id: "w", inputSchema: numbers, outputSchema: numbers })
      .dowhile(one, async ({ inputData, iterationCount }) => {
        counts.push(iterationCount);
        return inputData < 3;
      })
      .commit();
    expect(await (await workflow.createRun()).start({ inputData: 0 })).toMatchObject({ result: 3 });
    expect(counts).toEqual([1, 2, 3]);
  });

  test("dountil runs its step until the condition holds", async () => {
    const workflow = createWorkflow({ id: "w", inputSchema: numbers, outputSchema: numbers })
      .dountil(one, async ({ inputData }) => inputData === 4)
      .commit();
    expect(await (await workflow.createRun()).start({ inputData: 0 })).toMatchObject({ result: 4 });
  });

  test.each([1, 2, 5])("foreach with concurrency %i never has more steps under way, and keeps the order", async (concurrency) => {
    let now = 0;
    let most = 0;
    const step = createStep({
      id: "each",
      inputSchema: numbers,
      outputSchema: numbers,
      execute: async ({ inputData }) => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 6 - inputData));
        now--;
        return inputData * 2;
      },
    });
    const workflow = createWorkflow({ id: "w", inputSchema: z.array(numbers), outputSchema: z.array(numbers) })
      .foreach(step, { concurrency })
      .commit();
    expect(await (await workflow.createRun()).start({ inputData: [1, 2, 3, 4, 5] })).toMatchObject({ result: [2, 4, 6, 8, 10] });
    expect(most).toBe(concurrency);
  });

  test("foreach over nothing gives nothing", async () => {
    const workflow = createWorkflow({ id: "w", inputSchema: z.array(numbers), outputSchema: z.array(numbers) })
      .foreach(one)
      .commit();
    expect(await (await workflow.createRun()).start({ inputData: [] })).toMatchObject({ status: "success", result: [] });
  });

  test("a sleep hands on what came before it", async () => {
    const workflow = createWorkflow({ id: "w", inputSchema: numbers, outputSchema: numbers })
      .sleep(1)
      .sleepUntil(async () => new Date(Date.now() + 1))
      .then(one)
      .commit();
    expect(await (await workflow.createRun()).start({ inputData: 1 })).toMatchObject({ status: "success", result: 2 });
  });

  test("a workflow is a step of another, and its own steps are shown under its id", async () => {
    const inner = createWorkflow({ id: "inner", inputSchema: numbers, outputSchema: numbers }).then(one).commit();
    const outer = createWorkflow({ id: "outer", inputSchema: numbers, outputSchema: numbers }).then(inner).then(ten).commit();
    const stream = (await outer.createRun()).stream({ inputData: 1 });
    const ids: string[] = [];
    for await (const chunk of stream) if (chunk.type === "workflow-step-result" && "payload" in chunk) ids.push(chunk.payload.id);
    expect(ids).toEqual(["inner.one", "inner", "ten"]);
    expect(await stream.result).toMatchObject({ result: 12, steps: { inner: { output: 2 } } });
  });

  test("a mapping takes members from steps, the input, the context and functions", async () => {
    const workflow = createWorkflow({ id: "w", inputSchema: z.object({ n: numbers }), outputSchema: z.any() })
      .map(async ({ inputData }) => inputData.n)
      .then(one)
      .map({
        whole: { step: one, path: "." },
        start: mapVariable({ initData: one, path: "n" }),
        fixed: { value: "x" },
        made: { fn: async ({ inputData }) => inputData * 100 },
        tier: { requestContextPath: "tier" },
      })
      .commit();
    const { RequestContext } = await import("../context/index.ts");
    const run = await workflow.createRun();
    expect(await run.start({ inputData: { n: 1 }, requestContext: new RequestContext([["tier", "gold"]]) })).toMatchObject({
      result: { whole: 2, start: 1, fixed: "x", made: 200, tier: "gold" },
    });
  });
});

describe("what a step is given", () => {
  test("results of earlier steps, the input of its workflow, and a key of its own", async () => {
    const keys: string[] = [];
    const look = createStep({
      id: "look",
      execute: async ({ getStepResult, getInitData, idempotencyKey, runId }) => {
        keys.push(idempotencyKey.replace(runId, "run"));
        return { result: getStepResult(one), start: getInitData<number>(), unknown: getStepResult("nobody") };
      },
    });
    const workflow = createWorkflow({ id: "w", inputSchema: numbers, outputSchema: z.any() }).then(one).then(look).commit();
    expect(await (await workflow.createRun()).start({ inputData: 1 })).toMatchObject({
      result: { result: 2, start: 1, unknown: undefined },
    });
    expect(keys).toEqual(["run:/1#0"]);
  });

  test("input that does not fit fails the step, unless inputs are not checked", async () => {
    const wrong = createStep({ id: "wrong", outputSchema: z.any(), execute: async () => "text" });
    const chain = (validateInputs: boolean) =>
      createWorkflow({ id: "w", inputSchema: numbers, outputSchema: z.any(), options: { validateInputs } })
        .then(wrong)
        .then(createStep({ id: "after", inputSchema: numbers, execute: async () => "ran" }))
        .commit();
    expect(await (await chain(true).createRun()).start({ inputData: 1 })).toMatchObject({
      status: "failed",
      error: { code: "VALIDATION_FAILED", message: expect.stringContaining("Step input validation failed") },
    });
    expect(await (await chain(false).createRun()).start({ inputData: 1 })).toMatchObject({ status: "success", result: "ran" });
  });

  test("input of a run that does not fit is refused, and the run has failed", async () => {
    const workflow = createWorkflow({ id: "w", inputSchema: z.object({ a: numbers }), outputSchema: z.any() })
      .then(createStep({ id: "s", execute: async () => 1 }))
      .commit();
    const run = await workflow.createRun();
    await expect(run.start({ inputData: { a: "x" as never } })).rejects.toThrow("Invalid input data: \n- a: ");
    expect(await run.getState()).toMatchObject({ status: "failed", error: { code: "VALIDATION_FAILED" } });
  });

  test("a context that does not fit the workflow's schema is refused", async () => {
    const workflow = createWorkflow({ id: "w", requestContextSchema: z.object({ tier: z.string() }) })
      .then(createStep({ id: "s", execute: async () => 1 }))
      .commit();
    await expect((await workflow.createRun()).start()).rejects.toThrow("Request context validation failed for workflow 'w':\n- tier: ");
  });
});

describe("shared state", () => {
  const State = z.object({ seen: z.array(z.string()), last: z.string().optional() });
  const note = (id: string) =>
    createStep({
      id,
      stateSchema: State,
      execute: async ({ state, setState }) => {
        await setState({ seen: [...state.seen, id], last: id });
        return id;
      },
    });
  const show = createStep({ id: "show", stateSchema: State, execute: async ({ state }) => state });

  test("a step sees what earlier steps have set, from the state that the run began with", async () => {
    const workflow = createWorkflow({ id: "w", stateSchema: State }).then(note("a")).then(note("b")).then(show).commit();
    expect(await (await workflow.createRun()).start({ initialState: { seen: ["start"] } })).toMatchObject({
      result: { seen: ["start", "a", "b"], last: "b" },
    });
  });

  test("of parallel steps that set the same key, the last in the order of the graph counts, whichever was faster", async () => {
    const slowFirst = createStep({
      id: "slow",
      stateSchema: State,
      execute: async ({ state, setState }) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        await setState({ ...state, last: "slow" });
      },
    });
    const workflow = createWorkflow({ id: "w", stateSchema: State })
      .parallel([slowFirst, note("quick")])
      .then(show)
      .commit();
    expect(await (await workflow.createRun()).start({ initialState: { seen: [] } })).toMatchObject({
      result: { seen: ["quick"], last: "quick" },
    });
  });

  test("state that does not fit the step's schema fails the step", async () => {
    const bad = createStep({ id: "bad", stateSchema: State, execute: async ({ setState }) => setState({ seen: "no" as never }) });
    const workflow = createWorkflow({ id: "w", stateSchema: State }).then(bad).commit();
    expect(await (await workflow.createRun()).start({ initialState: { seen: [] } })).toMatchObject({
      status: "failed",
      error: { message: expect.stringContaining("Invalid state data") },
    });
  });
});

describe("failures", () => {
  const failing = (times: number, retries?: number) => {
    const calls: number[] = [];
    const step = createStep({
      id: "flaky",
      ...(retries !== undefined && { retries }),
      execute: async ({ retryCount }) => {
        calls.push(retryCount);
        if (calls.length <= times) throw new Error(`failure ${calls.length}`);
        return "done";
      },
    });
    return { step, calls };
  };

  test("a step is repeated as often as it says, and is told the how manieth time it is", async () => {
    const { step, calls } = failing(2, 2);
    expect(await (await createWorkflow({ id: "w" }).then(step).commit().createRun()).start()).toMatchObject({
      status: "success",
      result: "done",
    });
    expect(calls).toEqual([0, 1, 2]);
  });

  test("without an own number the workflow's retryConfig counts", async () => {
    const { step, calls } = failing(9);
    const workflow = createWorkflow({ id: "w", retryConfig: { attempts: 3, delay: 1, backoff: "exponential" } })
      .then(step)
      .commit();
    expect(await (await workflow.createRun()).start()).toMatchObject({
      status: "failed",
      error: { name: "Error", message: "failure 4" },
      steps: { flaky: { status: "failed" } },
    });
    expect(calls).toEqual([0, 1, 2, 3]);
  });

  test("a coded failure of the caller is not repeated", async () => {
    const { FermataError } = await import("../errors.ts");
    let calls = 0;
    const step = createStep({
      id: "refuse",
      retries: 5,
      execute: async () => {
        calls++;
        throw new FermataError("FORBIDDEN", "no");
      },
    });
    expect(await (await createWorkflow({ id: "w" }).then(step).commit().createRun()).start()).toMatchObject({
      status: "failed",
      error: { code: "FORBIDDEN" },
    });
    expect(calls).toBe(1);
  });

  test("a condition that throws fails the run", async () => {
    const condition = async (): Promise<boolean> => {
      throw new Error("broken condition");
    };
    const workflow = createWorkflow({ id: "w", inputSchema: numbers, outputSchema: z.any() })
      .branch([[condition, one]])
      .commit();
    expect(await (await workflow.createRun()).start({ inputData: 1 })).toMatchObject({
      status: "failed",
      error: { message: "broken condition" },
    });
  });

  test("bail ends the workflow with its result and runs nothing after it", async () => {
    const bails = createStep({ id: "bails", outputSchema: numbers, execute: async ({ bail }) => bail({ early: true }) });
    const workflow = createWorkflow({ id: "w", outputSchema: z.any() }).then(bails).then(one).commit();
    const result = await (await workflow.createRun()).start();
    expect(result).toMatchObject({ status: "success", result: { early: true } });
    expect(Object.keys(result.steps)).toEqual(["bails"]);
  });

  test("abort cancels the run", async () => {
    const workflow = createWorkflow({ id: "w" })
      .then(createStep({ id: "stop", execute: async ({ abort }) => abort() }))
      .then(createStep({ id: "after", execute: async () => 1 }))
      .commit();
    const result = await (await workflow.createRun()).start();
    expect(result.status).toBe("canceled");
    expect(result.steps).not.toHaveProperty("after");
  });

  test("onFinish hears of every end, onError of failures alone", async () => {
    const heard: string[] = [];
    const options = {
      onFinish: ({ status }: { status: string }) => void heard.push(`finish ${status}`),
      onError: ({ error }: { error?: { message: string } }) => void heard.push(`error ${error?.message}`),
    };
    const good = createWorkflow({ id: "w", ...options })
      .then(createStep({ id: "s", execute: async () => 1 }))
      .commit();
    const bad = createWorkflow({ id: "w", options }).then(failing(1).step).commit();
    await (await good.createRun()).start();
    await (await bad.createRun()).start();
    await expect.poll(() => heard).toEqual(["finish success", "error failure 1", "finish failed"]);
  });

  test("a graph that is not closed cannot run, and a closed one cannot grow", async () => {
    const open = createWorkflow({ id: "w", inputSchema: numbers, outputSchema: numbers }).then(one);
    await expect(open.createRun()).rejects.toMatchObject({ code: "MISCONFIGURED" });
    open.commit();
    expect(() => open.then(ten)).toThrow("is committed");
  });
});
