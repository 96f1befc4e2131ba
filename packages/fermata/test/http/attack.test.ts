/**
 * Those who behave are served while others do not, and what those took is given back. How fast is measured by `npm run bench -- --only attack`.
 * FERMATA_ATTACK_CONNECTIONS says how many connections the largest crowd has; by default 10,000, or as many as the system allows.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, test, type TestContext } from "vitest";
import type { Held } from "../support/attack-child.ts";
import { startChild, type Child } from "../support/child.ts";

const WANTED = Number(process.env.FERMATA_ATTACK_CONNECTIONS ?? 10_000);
/** Both ends of the crowds have this limit; the other crowds and the process itself need some of it. */
const ALLOWED = openFilesLimit() - 4_000;
const CROWD = Math.min(WANTED, ALLOWED);
const MIB = 1_048_576;

/** Files that a process may have open here. */
function openFilesLimit(): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } };
  const soft = Number(userLimits?.open_files?.soft);
  return Number.isNaN(soft) ? Infinity : soft;
}

interface Attacked extends AsyncDisposable {
  readonly port: number;
  held(): Promise<Held>;
  /** Asks so often, some at a time, and gives the answers that are not right. */
  wrongAnswers(count: number): Promise<unknown[]>;
}

async function attacked(): Promise<Attacked> {
  const child: Child = startChild({}, new URL("../support/attack-child.ts", import.meta.url));
  const [, url = ""] = (await child.line("serving ")).split(" ");
  const ask = async (): Promise<unknown> => {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{"messages":"hi"}' };
    const response = await fetch(`${url}/api/agents/a/generate`, init);
    const { text } = (await response.json()) as { text?: unknown };
    return response.status === 200 && text === "ok" ? undefined : { status: response.status, text };
  };
  return {
    port: Number(new URL(url).port),
    async held() {
      child.process.send("held");
      const [answer] = (await once(child.process, "message")) as [Held];
      return answer;
    },
    async wrongAnswers(count) {
      const wrong: unknown[] = [];
      for (let asked = 0; asked < count; asked += 10) wrong.push(...(await Promise.all(Array.from({ length: 10 }, ask))));
      return wrong.filter((answer) => answer !== undefined);
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** A connection to the server, and everything that comes back on it. */
interface Attacker {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  received(): string;
}

async function attacker(port: number): Promise<Attacker> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.on("error", () => undefined);
  socket.on("data", (data: Buffer) => (received += data.toString("latin1")));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await Promise.race([once(socket, "connect"), closed]);
  return { socket, closed, received: () => received };
}

/** Some at a time: the system keeps only so many waiting for a server. */
async function crowd(port: number, count: number, first = ""): Promise<readonly Attacker[]> {
  const all: Attacker[] = [];
  while (all.length < count) {
    const more = await Promise.all(Array.from({ length: Math.min(200, count - all.length) }, () => attacker(port)));
    if (first !== "") for (const { socket } of more) socket.write(first);
    all.push(...more);
  }
  return all;
}

/** Writes until the server has had enough. */
async function pour({ socket, closed }: Attacker, piece: string): Promise<void> {
  while (!socket.destroyed && socket.writable) {
    if (!socket.write(piece)) await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), closed]);
  }
}

/** The server has no connections left but those it had, and its heap is what it was. */
async function expectNothingKept(server: Attacked, before: Held): Promise<void> {
  let after = await server.held();
  while (after.sockets > before.sockets + 10) after = await server.held(); // those of `fetch` come and go
  expect(after.heap - before.heap).toBeLessThan(10 * MIB);
}

const POST = "POST /api/agents/a/generate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
const PIECE = "x".repeat(16_384);
const ASKED = 100;
const statusOf = (attacker: Attacker): string => attacker.received().slice(9, 12);

async function warm(server: Attacked): Promise<Held> {
  expect(await server.wrongAnswers(ASKED)).toEqual([]);
  return server.held();
}

describe.concurrent("others are served, and nothing is kept", { timeout: 120_000 }, () => {
  test(`${CROWD} connections on which nothing is said are closed without a word`, async (context: TestContext) => {
    context.skip(CROWD < 1_000, `the system lets a process have ${ALLOWED + 4_000} files open`);
    await using server = await attacked();
    const before = await warm(server);
    const all = await crowd(server.port, CROWD);
    expect((await server.held()).sockets).toBeGreaterThan(CROWD / 2);
    expect(await server.wrongAnswers(ASKED)).toEqual([]);
    await Promise.all(all.map(({ closed }) => closed));
    expect(all.filter((one) => one.received() !== "")).toEqual([]);
    expect(await server.wrongAnswers(ASKED)).toEqual([]);
    await expectNothingKept(server, before);
  });

  test("1,000 heads that never end are given up with 408", async () => {
    await using server = await attacked();
    const before = await warm(server);
    const all = await crowd(server.port, 1_000, "GET /api/agents HTTP/1.1\r\nhost: x\r\n");
    const drip = setInterval(() => {
      for (const { socket } of all) if (socket.writable) socket.write("x-a: b\r\n");
    }, 1_000);
    expect(await server.wrongAnswers(ASKED)).toEqual([]);
    await Promise.all(all.map(({ closed }) => closed));
    clearInterval(drip);
    // Of a line that was on its way when the connection ended, the system may have thrown the answer away.
    expect(all.map(statusOf).filter((status) => status !== "408" && status !== "")).toEqual([]);
    expect(all.some((one) => statusOf(one) === "408")).toBe(true);
    expect(await server.wrongAnswers(ASKED)).toEqual([]);
    await expectNothingKept(server, before);
  });

  test("500 uploads that break off leave nothing behind", async () => {
    await using server = await attacked();
    const before = await warm(server);
    const all = await crowd(server.port, 500, `${POST}content-length: 1000000\r\n\r\n{"messages":"${PIECE}`);
    const answers = server.wrongAnswers(ASKED);
    for (const { socket } of all) socket.resetAndDestroy();
    expect(await answers).toEqual([]);
    await expectNothingKept(server, before);
  });

  test("50 bodies without an end are refused when they are too long", async () => {
    await using server = await attacked();
    const before = await warm(server);
    const all = await crowd(server.port, 50, `${POST}transfer-encoding: chunked\r\n\r\n`);
    const poured = Promise.all(all.map((one) => pour(one, `${PIECE.length.toString(16)}\r\n${PIECE}\r\n`)));
    expect(await server.wrongAnswers(ASKED)).toEqual([]);
    await poured;
    await Promise.all(all.map(({ closed }) => closed));
    expect(all.map(statusOf).filter((status) => status !== "413" && status !== "")).toEqual([]);
    expect(all.some((one) => statusOf(one) === "413")).toBe(true);
    await expectNothingKept(server, before);
  });

  test("200 heads without an end are refused when they are too long", async () => {
    await using server = await attacked();
    const before = await warm(server);
    const all = await crowd(server.port, 200, "GET /api/agents HTTP/1.1\r\nhost: x\r\n");
    const poured = Promise.all(all.map((one) => pour(one, `x-long: ${PIECE}\r\n`)));
    expect(await server.wrongAnswers(ASKED)).toEqual([]);
    await poured;
    await Promise.all(all.map(({ closed }) => closed));
    expect(all.map(statusOf).filter((status) => status !== "431" && status !== "")).toEqual([]);
    await expectNothingKept(server, before);
  });

  test("heads with 400 lines are heads", async () => {
    await using server = await attacked();
    const before = await warm(server);
    const lines = Array.from({ length: 400 }, (_, index) => `x${index}: y\r\n`).join("");
    const all = await crowd(server.port, 200, `GET /api/agents HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${lines}\r\n`);
    expect(await server.wrongAnswers(ASKED)).toEqual([]);
    await Promise.all(all.map(({ closed }) => closed));
    expect(new Set(all.map(statusOf))).toEqual(new Set(["200"]));
    await expectNothingKept(server, before);
  });
});
