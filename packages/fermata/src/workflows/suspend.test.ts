import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createStep, createWorkflow, type WorkflowChunk } from "./index.ts";

/** Waits for `{ ok }`, and says how often it has been called. */
function asking<const Id extends string>(id: Id, calls: string[] = [], label?: string) {
  return createStep({
    id,
    inputSchema: z.any(),
    outputSchema: z.object({ from: z.string(), ok: z.boolean() }),
    suspendSchema: z.object({ ask: z.string() }),
    resumeSchema: z.object({ ok: z.boolean() }),
    execute: async ({ resumeData, suspend }) => {
      calls.push(id);
      if (!resumeData) return suspend({ ask: id }, label === undefined ? {} : { resumeLabel: label });
      return { from: id, ok: resumeData.ok };
    },
  });
}

const single = () => createWorkflow({ id: "w", outputSchema: z.any() }).then(asking("ask")).commit();

describe("a run that waits", () => {
  test("says where it waits and for what, and goes on with the answer", async () => {
    const run = await single().createRun();
    expect(await run.start()).toMatchObject({
      status: "suspended",
      suspended: [["ask"]],
      suspendPayload: { ask: { ask: "ask" } },
      steps: { ask: { status: "suspended" } },
    });
    expect(await run.resume({ step: "ask", resumeData: { ok: true } })).toMatchObject({
      status: "success",
      result: { from: "ask", ok: true },
      steps: { ask: { resumePayload: { ok: true } } },
    });
  });

  test("needs no step while it waits at one place", async () => {
    const run = await single().createRun();
    await run.start();
    expect(await run.resume({ resumeData: { ok: false } })).toMatchObject({ result: { ok: false } });
  });

  test("goes on waiting after an answer that does not fit", async () => {
    const run = await single().createRun();
    await run.start();
    await expect(run.resume({ resumeData: { ok: "maybe" } })).rejects.toThrow("Invalid resume data: \n- ok: ");
    expect(await run.resume({ resumeData: { ok: true } })).toMatchObject({ status: "success" });
  });

  test("takes one of several answers; the others are told that they came late", async () => {
    const calls: string[] = [];
    const after = createStep({ id: "after", execute: async () => void calls.push("after") });
    const run = await createWorkflow({ id: "w" }).then(asking("ask")).then(after).commit().createRun();
    await run.start();
    const answers = await Promise.allSettled([1, 2, 3].map(() => run.resume({ resumeData: { ok: true } })));
    expect(answers.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(calls).toEqual(["after"]);
  });

  test("cannot be resumed where it does not wait, or once it has ended", async () => {
    const run = await single().createRun();
    await run.start();
    await expect(run.resume({ step: "other", resumeData: { ok: true } })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await run.resume({ resumeData: { ok: true } });
    await expect(run.resume({ resumeData: { ok: true } })).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("does not run finished steps again", async () => {
    let first = 0;
    const before = createStep({ id: "before", execute: async () => ++first });
    const run = await createWorkflow({ id: "w" }).then(before).then(asking("ask")).commit().createRun();
    await run.start();
    await run.resume({ resumeData: { ok: true } });
    expect(first).toBe(1);
  });

  test("a step that waits several times gets each answer, and what it waited with", async () => {
    const step = createStep({
      id: "twice",
      execute: async ({ resumeData, suspendData, suspend, runCount }) => {
        if (runCount < 2) return suspend({ question: runCount });
        return { resumeData, suspendData, runCount };
      },
    });
    const run = await createWorkflow({ id: "w" }).then(step).commit().createRun();
    await run.start();
    expect(await run.resume({ resumeData: "first" })).toMatchObject({ status: "suspended", suspendPayload: { twice: { question: 1 } } });
    expect(await run.resume({ resumeData: "second" })).toMatchObject({
      result: { resumeData: "second", suspendData: { question: 1 }, runCount: 2 },
    });
  });

  test("keeps the state that the step set before it waited", async () => {
    const State = z.object({ n: z.number() });
    const step = createStep({
      id: "s",
      stateSchema: State,
      execute: async ({ state, setState, resumeData, suspend }) => {
        if (resumeData === undefined) {
          await setState({ n: state.n + 1 });
          return suspend();
        }
        return state.n;
      },
    });
    const run = await createWorkflow({ id: "w", stateSchema: State }).then(step).commit().createRun();
    await run.start({ initialState: { n: 1 } });
    expect(await run.resume({ resumeData: true })).toMatchObject({ result: 2 });
  });

  test("finds the state as the steps before the wait have left it", async () => {
    const State = z.object({ n: z.number() });
    const counting = createStep({
      id: "counting",
      stateSchema: State,
      execute: async ({ state, setState }) => setState({ n: state.n + 1 }),
    });
    const show = createStep({ id: "show", stateSchema: State, execute: async ({ state }) => state });
    const run = await createWorkflow({ id: "w", stateSchema: State }).then(counting).then(asking("ask")).then(show).commit().createRun();
    await run.start({ initialState: { n: 1 } });
    expect(await run.resume({ resumeData: { ok: true } })).toMatchObject({ result: { n: 2 } });
  });
});

describe("several places", () => {
  test("parallel steps are answered one by one, in any order", async () => {
    const run = await createWorkflow({ id: "w" })
      .parallel([asking("a"), asking("b")])
      .commit()
      .createRun();
    await run.start();
    await expect(run.resume({ resumeData: { ok: true } })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(await run.resume({ step: "b", resumeData: { ok: false } })).toMatchObject({ status: "suspended", suspended: [["a"]] });
    expect(await run.resume({ step: "a", resumeData: { ok: true } })).toMatchObject({ result: { a: { ok: true }, b: { ok: false } } });
  });

  test("a workflow inside is answered by its path, with dots or as a list", async () => {
    const nested = () =>
      createWorkflow({ id: "outer" })
        .then(createWorkflow({ id: "inner" }).then(asking("ask")).commit())
        .commit();
    for (const step of ["inner.ask", ["inner", "ask"], "ask", "inner"]) {
      const run = await nested().createRun();
      expect(await run.start()).toMatchObject({ suspended: [["inner", "ask"]] });
      expect(await run.resume({ step, resumeData: { ok: true } })).toMatchObject({ status: "success", result: { from: "ask" } });
    }
  });

  test("a label is another name of the place", async () => {
    const run = await createWorkflow({ id: "w" })
      .parallel([asking("a", [], "boss"), asking("b")])
      .commit()
      .createRun();
    expect(await run.start()).toMatchObject({ resumeLabels: { boss: { stepId: "a" } } });
    expect(await run.resume({ label: "boss", resumeData: { ok: true } })).toMatchObject({ suspended: [["b"]] });
  });

  const each = (calls: string[] = []) =>
    createWorkflow({ id: "w", inputSchema: z.array(z.string()), outputSchema: z.any() })
      .foreach(asking("ask", calls))
      .commit();

  test("an item of a foreach is answered by its index, and the others go on waiting", async () => {
    const run = await each().createRun();
    expect(await run.start({ inputData: ["x", "y", "z"] })).toMatchObject({ status: "suspended", suspended: [["ask"]] });
    expect(await run.resume({ step: "ask", forEachIndex: 1, resumeData: { ok: true } })).toMatchObject({ status: "suspended" });
    await expect(run.resume({ forEachIndex: 1, resumeData: { ok: true } })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await run.resume({ forEachIndex: 0, resumeData: { ok: false } });
    expect(await run.resume({ forEachIndex: 2, resumeData: { ok: true } })).toMatchObject({
      status: "success",
      result: [{ ok: false }, { ok: true }, { ok: true }],
    });
  });

  test("without an index all items that wait get the answer", async () => {
    const calls: string[] = [];
    const run = await each(calls).createRun();
    await run.start({ inputData: ["x", "y"] });
    expect(await run.resume({ resumeData: { ok: true } })).toMatchObject({ status: "success", result: [{ ok: true }, { ok: true }] });
    expect(calls).toHaveLength(4);
  });

  test("an answer that comes while another place is at work is taken up too", async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let isAtWork = false;
    const slow = createStep({
      id: "slow",
      execute: async ({ resumeData, suspend }) => {
        if (resumeData === undefined) return suspend();
        isAtWork = true;
        return gate.then(() => "slow");
      },
    });
    const run = await createWorkflow({ id: "w" })
      .parallel([slow, asking("ask")])
      .commit()
      .createRun();
    await run.start();
    const first = run.resume({ step: "slow", resumeData: true });
    await expect.poll(() => isAtWork).toBe(true);
    const second = run.resume({ step: "ask", resumeData: { ok: true } });
    setTimeout(release, 10);
    expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual(["success", "success"]);
  });
});

describe("from another place", () => {
  const twice = createStep({
    id: "twice",
    inputSchema: z.number(),
    outputSchema: z.number(),
    execute: async ({ inputData }) => inputData * 2,
  });
  const plus = createStep({
    id: "plus",
    inputSchema: z.number(),
    outputSchema: z.number(),
    execute: async ({ inputData }) => inputData + 1,
  });
  const chain = () => createWorkflow({ id: "w", inputSchema: z.number(), outputSchema: z.number() }).then(twice).then(plus).commit();

  test("time travel runs from the step on, with other input", async () => {
    const run = await chain().createRun();
    await run.start({ inputData: 5 });
    expect(await run.timeTravel({ step: "plus", inputData: 100 })).toMatchObject({ status: "success", result: 101 });
    expect(await run.timeTravel({ step: "plus", context: { twice: { status: "success", output: 7 } } })).toMatchObject({ result: 8 });
    expect(await run.timeTravel({ step: "twice", inputData: 1 })).toMatchObject({ result: 3 });
    await expect(run.timeTravel({ step: "nowhere" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("time travel goes into workflows inside, and leaves the other branches alone", async () => {
    let others = 0;
    const other = createStep({ id: "other", inputSchema: z.number(), outputSchema: z.number(), execute: async () => ++others });
    const inner = createWorkflow({ id: "inner", inputSchema: z.number(), outputSchema: z.number() }).then(twice).then(plus).commit();
    const workflow = createWorkflow({ id: "w", inputSchema: z.number(), outputSchema: z.any() }).parallel([inner, other]).commit();
    const run = await workflow.createRun();
    await run.start({ inputData: 5 });
    expect(await run.timeTravel({ step: ["inner", "plus"], inputData: 50 })).toMatchObject({ result: { inner: 51, other: 1 } });
    expect(others).toBe(1);
  });

  test("restart tries again what failed, and nothing else", async () => {
    let first = 0;
    let fails = true;
    const before = createStep({ id: "before", execute: async () => ++first });
    const flaky = createStep({
      id: "flaky",
      execute: async () => {
        if (fails) throw new Error("down");
        return "up";
      },
    });
    const run = await createWorkflow({ id: "w" }).then(before).then(flaky).commit().createRun();
    expect((await run.start()).status).toBe("failed");
    fails = false;
    expect(await run.restart()).toMatchObject({ status: "success", result: "up" });
    expect(first).toBe(1);
  });

  test("step by step, each start runs one more", async () => {
    const run = await chain().createRun();
    expect(await run.start({ inputData: 5, perStep: true })).toMatchObject({ status: "paused", steps: { twice: { output: 10 } } });
    expect(await run.start({ inputData: 5, perStep: true })).toMatchObject({ status: "success", result: 11 });
    await expect(run.start({ inputData: 5 })).rejects.toMatchObject({ code: "CONFLICT" });
  });
});

describe("reading and stopping", () => {
  async function read(stream: ReadableStream<WorkflowChunk>): Promise<string[]> {
    const types: string[] = [];
    for await (const chunk of stream) types.push(chunk.type);
    return types;
  }

  test("whoever observes a run sees each chunk once, whenever they came", async () => {
    const waiting = createStep({ id: "wait", execute: async () => new Promise((resolve) => setTimeout(resolve, 30)) });
    const run = await createWorkflow({ id: "w" }).then(waiting).commit().createRun();
    const stream = run.stream();
    const whole = read(stream.fullStream);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const late = read(run.observeStream());
    expect(await late).toEqual(await whole);
    expect(await read(run.observeStream())).toEqual(["workflow-start", "workflow-step-start", "workflow-step-result", "workflow-finish"]);
  });

  test("to stop reading does not stop the run", async () => {
    const run = await createWorkflow({ id: "w" })
      .then(createStep({ id: "s", execute: async () => new Promise<string>((resolve) => setTimeout(resolve, 20, "done")) }))
      .commit()
      .createRun();
    const stream = run.stream();
    const reader = stream.fullStream.getReader();
    await reader.read();
    await reader.cancel();
    expect(await stream.result).toMatchObject({ status: "success", result: "done" });
  });

  test("cancel reaches steps in foreach and in workflows inside, and leaves no timer", async () => {
    const stopped: unknown[] = [];
    const slow = createStep({
      id: "slow",
      execute: async ({ abortSignal }) =>
        new Promise((_resolve, reject) => {
          const timer = setTimeout(() => undefined, 60_000);
          abortSignal.addEventListener("abort", () => {
            clearTimeout(timer);
            stopped.push(abortSignal.reason);
            reject(abortSignal.reason as Error);
          });
        }),
    });
    const inner = createWorkflow({ id: "inner" }).then(slow).commit();
    const workflow = createWorkflow({ id: "w", inputSchema: z.array(z.number()), outputSchema: z.any() })
      .foreach(inner, { concurrency: 3 })
      .then(createStep({ id: "never", execute: async () => 1 }))
      .commit();
    const run = await workflow.createRun();
    const ended = run.start({ inputData: [1, 2, 3, 4] });
    await expect.poll(() => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBeGreaterThanOrEqual(3);
    await run.cancel();
    const result = await ended;
    expect(result.status).toBe("canceled");
    expect(result.steps).not.toHaveProperty("never");
    expect(stopped).toHaveLength(3);
  });

  test("a step that does not listen does not hold a cancelled run up", async () => {
    const deaf = createStep({ id: "deaf", execute: async () => new Promise(() => undefined) });
    const run = await createWorkflow({ id: "w" }).then(deaf).commit().createRun();
    const ended = run.start();
    await run.cancel();
    expect(await ended).toMatchObject({ status: "canceled" });
  });

  test("a run that waits can be cancelled", async () => {
    const run = await single().createRun();
    await run.start();
    await run.cancel();
    await expect.poll(async () => (await run.getState()).status).toBe("canceled");
    await expect(run.resume({ resumeData: { ok: true } })).rejects.toMatchObject({ code: "CONFLICT" });
  });
});
