import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { SYSTEM } from "../../../src/storage/store.ts";
import type { ClaimedRun, Lease, RunWorkStore } from "../../../src/storage/runs.ts";
import type { ScopedStore, Store } from "../../../src/storage/store.ts";
import { newTenant } from "../principals.ts";

export function runCases(store: () => Store): void {
  const open = (): { runs: ScopedStore["runs"]; work: RunWorkStore; kind: string; worker: string } => {
    // Claims see all tenants, so each test has a kind of run of its own.
    return { runs: store().for(newTenant().anna).runs, work: store().for(SYSTEM).work, kind: randomUUID(), worker: randomUUID() };
  };
  const started = async (): Promise<ReturnType<typeof open> & { lease: Lease }> => {
    const parts = open();
    await parts.work.heartbeat(parts.worker, 60_000);
    const { lease } = await parts.runs.create({ id: "r", kind: parts.kind, name: "a", workerId: parts.worker });
    if (!lease) throw new Error("The run was not started.");
    return { ...parts, lease };
  };
  const single = (claimed: readonly ClaimedRun[]): ClaimedRun => {
    expect(claimed).toHaveLength(1);
    return claimed[0]!;
  };

  test("what JSON cannot say does not fail a write: a big number is text, a circle is cut, and what stands in two places stays in both", async () => {
    const { runs, kind } = open();
    const twice = { a: 1 };
    const circle: Record<string, unknown> = { name: "loop", left: twice, right: [twice], big: 10n };
    circle["self"] = { again: circle };
    await runs.create({ id: "r", kind, name: "a", input: circle });
    const input = { name: "loop", left: { a: 1 }, right: [{ a: 1 }], big: "10", self: { again: "[circular]" } };
    expect((await runs.get("r"))?.input).toEqual(input);
  });

  test("a run comes back as it was created", async () => {
    const { runs, kind } = open();
    const given = { id: "r", kind, name: "a", threadId: "t", parentRunId: "p", input: { a: [1] }, metadata: { m: 1 }, graphHash: "h" };
    const { run, created, lease } = await runs.create(given);
    expect({ created, lease }).toEqual({ created: true, lease: undefined });
    expect(run).toMatchObject({ ...given, resourceId: "anna", status: "ready" });
    expect(await runs.get("r")).toEqual(run);
    expect(await runs.create({ ...given, name: "other" })).toEqual({ run, created: false });
  });
  test("the list is filtered, newest first", async () => {
    const { runs, kind } = open();
    for (const name of ["a", "b", "a"]) await runs.create({ id: randomUUID(), kind, name, threadId: `t-${name}` });
    expect(await runs.list({ name: "a", perPage: 1 })).toMatchObject({ total: 2, hasMore: true });
    expect((await runs.list({ threadId: "t-b" })).total).toBe(1);
    expect((await runs.list({ status: "done" })).total).toBe(0);
    expect((await runs.list({ from: Date.now() + 60_000 })).total).toBe(0);
  });
  test("of many workers one claims a run, with the journal and the number of the last event", async () => {
    const { runs, work, kind } = open();
    await runs.create({ id: "r", kind, name: "a", input: 1 });
    const claims = await Promise.all(Array.from({ length: 10 }, (_, i) => work.claim(`${kind}-${i}`, 5, { kinds: [kind] })));
    const { lease, run, journal, lastSeq } = single(claims.flat());
    expect(run).toMatchObject({ id: "r", status: "running", input: 1 });
    expect(lease).toMatchObject({ runId: "r", resourceId: "anna", epoch: 1 });
    expect([journal.size, lastSeq]).toEqual([0, 0]);
  });
  test("twenty runs are shared out, each to one worker", async () => {
    const { runs, work, kind } = open();
    for (let i = 0; i < 20; i += 1) await runs.create({ id: `r${i}`, kind, name: "a" });
    const claims = (await Promise.all(Array.from({ length: 8 }, (_, i) => work.claim(`${kind}-${i}`, 3, { kinds: [kind] })))).flat();
    expect(new Set(claims.map(({ run }) => run.id)).size).toBe(claims.length);
    expect(claims.length + (await work.claim(kind, 100, { kinds: [kind] })).length).toBe(20);
  });
  test("a run that is to wake later is not claimed before", async () => {
    const { runs, work, kind, worker } = open();
    await runs.create({ id: "r", kind, name: "a", wakeAt: Date.now() + 60_000 });
    expect(await work.claim(worker, 5, { kinds: [kind] })).toEqual([]);
  });
  test("events are read in order, after a number, as many as asked for", async () => {
    const { runs, work, lease } = await started();
    const event = (seq: number): { seq: number; type: string; data: unknown } => ({ seq, type: "delta", data: { text: `${seq}\0` } });
    expect(await work.append([{ lease, events: [event(1), event(2)] }])).toEqual([true]);
    expect(
      await work.append([
        { lease, events: [event(3)] },
        { lease, events: [event(4)], results: [{ key: "/0", value: { x: 1 } }] },
      ]),
    ).toEqual([true, true]);
    const all = await runs.events("r");
    expect(all.map(({ seq, type, data }) => ({ seq, type, data }))).toEqual([1, 2, 3, 4].map(event));
    expect((await runs.events("r", 1, 2)).map(({ seq }) => seq)).toEqual([2, 3]);
    expect(await runs.events("nowhere")).toEqual([]);
  });
  test("an entry sent again changes nothing", async () => {
    const { runs, work, lease, worker } = await started();
    const entry = { lease, events: [{ seq: 1, type: "a", data: 1 }], results: [{ key: "/0", value: "first" }] };
    await work.append([entry]);
    expect(await work.append([{ ...entry, events: [{ seq: 1, type: "b", data: 2 }], results: [{ key: "/0", value: "second" }] }])).toEqual([
      true,
    ]);
    expect(await runs.events("r")).toMatchObject([{ type: "a", data: 1 }]);
    await work.settle(lease, { status: "ready" });
    const again = single(await work.claim(worker, 1, { kinds: [(await runs.get("r"))!.kind] }));
    expect([...again.journal]).toEqual([["/0", "first"]]);
  });
  test("fifty entries appended at once are all there", async () => {
    const { runs, work, lease } = await started();
    const accepted = await Promise.all(
      Array.from({ length: 50 }, (_, i) => work.append([{ lease, events: [{ seq: i + 1, type: "e", data: i }] }])),
    );
    expect(accepted.flat()).toEqual(Array.from({ length: 50 }, () => true));
    expect((await runs.events("r")).map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });
  test("each of many entries appended at once gets its own answer", async () => {
    const { work, lease } = await started();
    const lost: Lease = { ...lease, epoch: 0 };
    const leases = Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? lost : lease));
    const accepted = await Promise.all(leases.map((by, i) => work.append([{ lease: by, events: [{ seq: i + 1, type: "e", data: i }] }])));
    expect(accepted.flat()).toEqual(leases.map((by) => by === lease));
  });
  test("results that come with the end of a stretch are in the journal of the next", async () => {
    const { work, lease, kind, worker } = await started();
    await work.settle(lease, { status: "ready", results: [{ key: "/0", value: [1] }] });
    expect([...single(await work.claim(worker, 1, { kinds: [kind] })).journal]).toEqual([["/0", [1]]]);
  });
  test("a settled run has ended, with its last event, and takes nothing more", async () => {
    const { runs, work, lease } = await started();
    expect(await work.settle(lease, { status: "done", output: { ok: true }, events: [{ seq: 1, type: "finish", data: null }] })).toBe(true);
    expect(await runs.get("r")).toMatchObject({ status: "done", output: { ok: true }, finishedAt: expect.any(Number) });
    expect(await runs.events("r")).toMatchObject([{ seq: 1, type: "finish", data: null }]);
    expect(await work.append([{ lease, events: [{ seq: 2, type: "late", data: 1 }] }])).toEqual([false]);
    expect(await work.settle(lease, { status: "failed", error: "late" })).toBe(false);
    expect(await work.settle(lease, { status: "done", output: { ok: true } })).toBe(true);
    expect(await runs.get("r")).toMatchObject({ status: "done", output: { ok: true } });
    expect(await runs.events("r")).toHaveLength(1);
    expect(await runs.cancel("r")).toBe(false);
  });
  fencingCases({ open, started, single });
  waitingCases({ open, started, single });
  editCases({ open, started, single });
}

interface Parts {
  readonly open: () => { runs: ScopedStore["runs"]; work: RunWorkStore; kind: string; worker: string };
  readonly started: () => Promise<{ runs: ScopedStore["runs"]; work: RunWorkStore; kind: string; worker: string; lease: Lease }>;
  readonly single: (claimed: readonly ClaimedRun[]) => ClaimedRun;
}

function fencingCases({ started, single }: Parts): void {
  test("the run of a worker that stopped living goes to another one, and the late worker is turned away", async () => {
    const { runs, work, kind, worker, lease } = await started();
    await work.append([{ lease, events: [{ seq: 1, type: "a", data: 1 }], results: [{ key: "/0", value: 1 }] }]);
    await work.heartbeat(worker, -1);
    expect(await work.reap()).toBeGreaterThanOrEqual(1);
    expect(await work.append([{ lease, events: [{ seq: 2, type: "late", data: 1 }] }])).toEqual([false]);
    await work.heartbeat(`${worker}-2`, 60_000);
    const taken = single(await work.claim(`${worker}-2`, 1, { kinds: [kind] }));
    expect(taken).toMatchObject({ lastSeq: 1, lease: { epoch: 2, workerId: `${worker}-2` } });
    expect([...taken.journal]).toEqual([["/0", 1]]);
    const entries = [lease, taken.lease].map((by) => ({ lease: by, events: [{ seq: 2, type: `epoch-${by.epoch}`, data: 1 }] }));
    expect(await work.append(entries)).toEqual([false, true]);
    expect(await work.settle(lease, { status: "failed" })).toBe(false);
    expect(await work.settle(taken.lease, { status: "done" })).toBe(true);
    expect((await runs.events("r")).map(({ type }) => type)).toEqual(["a", "epoch-2"]);
  });
  test("a start that is repeated, because its answer was lost, gives the same lease again", async () => {
    const { runs, work, kind, worker, lease } = await started();
    expect(await runs.create({ id: "r", kind, name: "a", workerId: worker })).toMatchObject({ created: true, lease });
    expect((await runs.create({ id: "r", kind, name: "a", workerId: "other" })).created).toBe(false);
    await work.settle(lease, { status: "done" });
    expect((await runs.create({ id: "r", kind, name: "a", workerId: worker })).created).toBe(false);
  });
  test("a worker gives back the runs that it does not know of", async () => {
    const { runs, work, kind, worker, lease } = await started();
    await runs.create({ id: "unknown", kind, name: "a", workerId: worker });
    expect(await work.disown(worker, [lease])).toBe(1);
    expect(single(await work.claim("other", 5, { kinds: [kind] })).run.id).toBe("unknown");
    expect(await work.disown(worker, [])).toBe(1);
  });
  test("the run of a living worker is left alone", async () => {
    const { runs, work, kind } = await started();
    await work.reap();
    expect(await runs.get("r")).toMatchObject({ status: "running" });
    expect(await work.claim("other", 5, { kinds: [kind] })).toEqual([]);
  });
}

function waitingCases({ started, single }: Parts): void {
  test("an answer wakes a suspended run and is in its journal", async () => {
    const { runs, work, kind, worker, lease } = await started();
    await work.settle(lease, { status: "suspended", signals: 0 });
    expect(await work.claim(worker, 1, { kinds: [kind] })).toEqual([]);
    expect(await runs.signal("r", "approve", { yes: true })).toBe("accepted");
    expect(await runs.signal("r", "approve", { yes: false })).toBe("duplicate");
    const { journal, signals } = single(await work.claim(worker, 1, { kinds: [kind] }));
    expect([[...journal], signals]).toEqual([[["signal:approve", { yes: true }]], 1]);
  });
  test("an answer that comes before the run waits for it is not lost", async () => {
    const { runs, work, kind, worker, lease } = await started();
    expect(await runs.signal("r", "approve", 1)).toBe("accepted");
    await work.settle(lease, { status: "suspended", signals: 0 });
    single(await work.claim(worker, 1, { kinds: [kind] }));
  });
  test("of ten answers the first one counts", async () => {
    const { runs, work, lease } = await started();
    await work.settle(lease, { status: "suspended" });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => runs.signal("r", "approve", i)));
    expect(answers.filter((answer) => answer === "accepted")).toHaveLength(1);
  });
  test("a run that has ended or is not there cannot be answered", async () => {
    const { runs, work, lease } = await started();
    await work.settle(lease, { status: "cancelled" });
    expect(await runs.signal("r", "x", 1)).toBe("gone");
    expect(await runs.signal("nowhere", "x", 1)).toBe("gone");
  });
  test("who holds the lease learns of a cancellation, and who claims the run too", async () => {
    const { runs, work, kind, worker, lease } = await started();
    expect(await work.cancelled(worker)).toEqual([]);
    expect(await runs.cancel("r")).toBe(true);
    expect(await work.cancelled(worker)).toEqual([lease]);
    await work.settle(lease, { status: "suspended" });
    expect(single(await work.claim(worker, 1, { kinds: [kind] })).cancelRequested).toBe(true);
  });
  test("a cancelled run that waits is ready, so that a worker can end it", async () => {
    const { runs, work, kind, worker, lease } = await started();
    await work.settle(lease, { status: "suspended" });
    await runs.cancel("r");
    expect(single(await work.claim(worker, 1, { kinds: [kind] })).cancelRequested).toBe(true);
  });
  test("a cancelled run that was to wake later can be claimed at once", async () => {
    const { runs, work, kind, worker } = await started();
    await runs.create({ id: "later", kind, name: "a", wakeAt: Date.now() + 60_000 });
    await runs.cancel("later");
    expect(single(await work.claim(worker, 1, { kinds: [kind] }))).toMatchObject({ run: { id: "later" }, cancelRequested: true });
  });
  test("old runs are pruned with their logs", async () => {
    const { runs, work, lease } = await started();
    await work.append([{ lease, events: [{ seq: 1, type: "a", data: 1 }], results: [{ key: "k", value: 1 }] }]);
    await work.settle(lease, { status: "done" });
    expect(await work.prune(Date.now() - 60_000, 100)).toBe(0);
    expect(await work.prune(Date.now() + 1, 1_000)).toBeGreaterThanOrEqual(1);
    expect(await runs.get("r")).toBeUndefined();
    expect(await runs.events("r")).toEqual([]);
  });
}

function editCases({ open, started, single }: Parts): void {
  test("a suspended run is taken by one of ten, with its journal and the number of its last event", async () => {
    const { runs, work, lease, kind } = await started();
    expect(await runs.take("r", "early")).toBeUndefined();
    await work.append([{ lease, results: [{ key: "k", value: 1 }], events: [{ seq: 3, type: "e", data: 1 }] }]);
    await work.settle(lease, { status: "suspended" });
    const takes = await Promise.all(Array.from({ length: 10 }, (_, i) => runs.take("r", `${kind}-${i}`)));
    const taken = single(takes.filter((claimed) => claimed !== undefined));
    expect(taken).toMatchObject({ run: { status: "running" }, lastSeq: 3, lease: { epoch: 2 } });
    expect([...taken.journal]).toEqual([["k", 1]]);
    expect(await work.settle(taken.lease, { status: "done" })).toBe(true);
    expect(await runs.take("r", "late")).toBeUndefined();
    expect(await runs.take("unknown", "late")).toBeUndefined();
  });
  test("a run that has ended already is written with its events, unless there is one with its id", async () => {
    const { runs, work, kind } = open();
    const end = { status: "done", output: { a: 1 }, events: [{ seq: 2, type: "e", data: [1] }] } as const;
    expect(await runs.record({ id: "r", kind, name: "a", threadId: "t", input: 1 }, end)).toBe(true);
    expect(await runs.record({ id: "r", kind, name: "b" }, { status: "failed" })).toBe(false);
    const run = await runs.get("r");
    expect(run).toMatchObject({ kind, name: "a", threadId: "t", input: 1, status: "done", output: { a: 1 }, resourceId: "anna" });
    expect(run?.finishedAt).toBe(run?.createdAt);
    expect(await runs.events("r")).toMatchObject([{ seq: 2, type: "e", data: [1] }]);
    expect(await work.claim(kind, 5, { kinds: [kind] })).toEqual([]);
  });
  test("a run with a worker is not removed; another one is, with its log", async () => {
    const { runs, work, lease } = await started();
    await work.append([{ lease, events: [{ seq: 1, type: "a", data: 1 }], results: [{ key: "k", value: 1 }] }]);
    expect(await runs.remove("r")).toBe(false);
    await work.settle(lease, { status: "suspended" });
    expect(await runs.remove("r")).toBe(true);
    expect([await runs.get("r"), await runs.events("r"), await runs.remove("r")]).toEqual([undefined, [], false]);
  });
  test("a run with the id of a removed one begins anew", async () => {
    const { runs, work, lease, kind, worker } = await started();
    await work.append([{ lease, results: [{ key: "k", value: 1 }] }]);
    await work.settle(lease, { status: "done" });
    await runs.remove("r");
    await runs.create({ id: "r", kind, name: "a" });
    expect(single(await work.claim(worker, 1, { kinds: [kind] })).journal.size).toBe(0);
  });
  test("a run that is taken back is ready with the journal that was made of its own, and keeps its events", async () => {
    const { runs, work, lease, kind, worker } = await started();
    const results = ["a", "b", "c"].map((key) => ({ key, value: { key } }));
    await work.append([{ lease, results, events: [{ seq: 1, type: "e", data: 1 }] }]);
    await runs.cancel("r");
    await work.settle(lease, { status: "failed", output: 1, error: 2 });
    const edit = (journal: ReadonlyMap<string, unknown>): Map<string, unknown> =>
      new Map([...journal, ["b", 2], ["d", null]].slice(1) as [string, unknown][]);
    expect(await runs.reopen("r", edit)).toBe("reopened");
    const { output, error, finishedAt, ...run } = (await runs.get("r"))!;
    expect([run.status, output, error, finishedAt]).toEqual(["ready", undefined, undefined, undefined]);
    const { journal, lastSeq, cancelRequested } = single(await work.claim(worker, 1, { kinds: [kind] }));
    expect(new Map(journal)).toEqual(
      new Map<string, unknown>([
        ["b", 2],
        ["c", { key: "c" }],
        ["d", null],
      ]),
    );
    expect([lastSeq, cancelRequested]).toEqual([1, false]);
  });
  test("a run that somebody works on, or that waits for a worker, is not taken back", async () => {
    const { runs, work, lease } = await started();
    const same = (journal: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> => journal;
    expect(await runs.reopen("r", same)).toBe("running");
    await work.settle(lease, { status: "ready" });
    expect(await runs.reopen("r", same)).toBe("running");
    expect(await runs.reopen("nowhere", same)).toBe("gone");
  });
  test("a run of a graph that a worker does not know is left to others, for a while", async () => {
    const { runs, work, kind, worker } = open();
    await runs.create({ id: "r", kind, name: "a", graphHash: "old" });
    const filter = { kinds: [kind], graphs: ["new", "newer"] };
    expect(await work.claim(worker, 1, { ...filter, strangerMs: 60_000 })).toEqual([]);
    expect(await work.claim(worker, 1, { ...filter, graphs: [], strangerMs: 60_000 })).toEqual([]);
    single(await work.claim(worker, 1, { ...filter, strangerMs: -1 }));
    await runs.create({ id: "none", kind, name: "a" });
    await runs.create({ id: "known", kind, name: "a", graphHash: "newer" });
    expect(await work.claim(worker, 5, { ...filter, strangerMs: 60_000 })).toHaveLength(2);
  });
  test("a run that sleeps is woken by an answer, and does not fall asleep over one", async () => {
    const { runs, work, lease, kind, worker } = await started();
    const later = Date.now() + 60_000;
    await work.settle(lease, { status: "ready", wakeAt: later });
    expect(await work.claim(worker, 1, { kinds: [kind] })).toEqual([]);
    await runs.signal("r", "a", 1);
    const again = single(await work.claim(worker, 1, { kinds: [kind] }));
    await runs.signal("r", "b", 1);
    await work.settle(again.lease, { status: "ready", wakeAt: later, signals: again.signals });
    single(await work.claim(worker, 1, { kinds: [kind] }));
  });
  test("it is known how many workers a run has lost since it was settled", async () => {
    const { work, kind, worker } = await started();
    for (const lost of [1, 2]) {
      await work.heartbeat(worker, -1);
      await work.reap();
      const claimed = single(await work.claim(worker, 1, { kinds: [kind] }));
      expect(claimed.lost).toBe(lost);
      if (lost === 2) await work.settle(claimed.lease, { status: "ready" });
    }
    expect(single(await work.claim(worker, 1, { kinds: [kind] })).lost).toBe(0);
  });
}
