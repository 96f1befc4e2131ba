/** What an adapter does with streams: nothing waits, nothing piles up, and whoever leaves is noticed. */
import { deepStrictEqual, ok } from "node:assert/strict";
import { connect, type Socket } from "node:net";
import type { LanguageModelV4 } from "@ai-sdk/provider";
import { Agent } from "../../agents/agent.ts";
import { Mastra } from "../../mastra.ts";
import { echoModel, partModel, textParts, type Part } from "../part-model.ts";

/** An app whose models are in the test's hand. It has no storage, so a run ends with its last reader. */
export class StreamApp {
  readonly mastra: Mastra;
  /** Pieces that the endless model has given. */
  given = 0;
  #release: () => void = () => undefined;
  #aborted: () => void = () => undefined;
  #asked: () => void = () => undefined;
  released = Promise.resolve();
  aborted = Promise.resolve();
  asked = Promise.resolve();

  constructor() {
    this.reset();
    const agent = (id: string, model: LanguageModelV4) => new Agent({ id, name: id, instructions: "", model });
    this.mastra = new Mastra({
      logger: false,
      agents: {
        gated: agent(
          "gated",
          partModel(({ abortSignal }) => this.#gated(abortSignal)),
        ),
        endless: agent(
          "endless",
          partModel(({ abortSignal }) => this.#endless(abortSignal)),
        ),
        never: agent(
          "never",
          partModel(({ abortSignal }) => this.#never(abortSignal)),
        ),
        echo: agent("echo", echoModel()),
      },
    });
  }

  /** Before each use: nothing released, nothing aborted. */
  reset(): void {
    this.given = 0;
    this.released = new Promise((resolve) => (this.#release = resolve));
    this.aborted = new Promise((resolve) => (this.#aborted = resolve));
    this.asked = new Promise((resolve) => (this.#asked = resolve));
  }

  /** Lets the gated model go on. */
  release(): void {
    this.#release();
  }

  #watch(signal: AbortSignal | undefined): void {
    this.#asked();
    signal?.addEventListener("abort", () => this.#aborted(), { once: true });
  }

  #gated(signal: AbortSignal | undefined): ReadableStream<Part> {
    this.#watch(signal);
    const parts = textParts("first", "second");
    let at = 0;
    return new ReadableStream<Part>({
      pull: async (controller) => {
        const part = parts[at++];
        if (part === undefined) return controller.close();
        if (part.type === "text-delta" && part.delta === "second") await this.released;
        controller.enqueue(part);
      },
    });
  }

  #endless(signal: AbortSignal | undefined): ReadableStream<Part> {
    this.#watch(signal);
    const [start, begin] = textParts();
    return new ReadableStream<Part>({
      start: (controller) => {
        for (const part of [start, begin]) if (part) controller.enqueue(part);
      },
      pull: (controller) => {
        // Where nothing holds it back it would never let anybody else have a turn: a law that is broken has to say so.
        if (signal?.aborted || this.given > 2 * MAX_UNDER_WAY) return controller.close();
        this.given += 1;
        controller.enqueue({ type: "text-delta", id: "1", delta: PIECE });
      },
    });
  }

  #never(signal: AbortSignal | undefined): Promise<Part[]> {
    this.#watch(signal);
    return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new DOMException("Aborted", "AbortError"))));
  }
}

const PIECE = "x".repeat(1_024);
/** Pieces of 1 KiB that may be under way between a model and a reader who has stopped: sockets, both kernels, and the stream's own buffer. */
const MAX_UNDER_WAY = 24 * 1_024;

export interface StreamLaw {
  readonly name: string;
  readonly check: (app: StreamApp, api: string) => Promise<void>;
}

export const streamLaws: readonly StreamLaw[] = [
  { name: "a piece arrives before the next one exists", check: arrivesAtOnce },
  { name: "a stream whose reader leaves is aborted", check: (app, api) => leaving(app, `${api}/agents/endless/stream`, true) },
  {
    name: "a stream whose reader leaves before the first piece is aborted",
    check: (app, api) => leaving(app, `${api}/agents/never/stream`, false),
  },
  { name: "a generate whose caller leaves is aborted", check: (app, api) => leaving(app, `${api}/agents/never/generate`, false) },
  { name: "a slow reader holds a fast model back", check: holdsBack },
  { name: "replies to many callers at once are not mixed up", check: notMixedUp },
  { name: "a connection is good for the next request after every kind of reply, that to a body that is no JSON too", check: oneConnection },
];

const ask = (messages: string): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ messages }),
});

async function arrivesAtOnce(app: StreamApp, api: string): Promise<void> {
  const response = await fetch(`${api}/agents/gated/stream`, ask("go"));
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  let end = false;
  while (!end) {
    const next = await reader?.read();
    seen += next?.value ?? "";
    if (seen.includes('"first"')) app.release(); // had the adapter kept it, the model would wait for ever
    end = next?.done ?? true;
  }
  ok(seen.endsWith("data: [DONE]\n\n"));
  ok(seen.includes('"second"'));
}

async function leaving(app: StreamApp, url: string, afterTheFirst: boolean): Promise<void> {
  const leave = new AbortController();
  const reply = fetch(url, { ...ask("go"), signal: leave.signal });
  reply.catch(() => undefined);
  await app.asked;
  if (afterTheFirst) await (await reply).body?.getReader().read();
  leave.abort();
  await app.aborted;
}

async function holdsBack(app: StreamApp, api: string): Promise<void> {
  const { hostname, port, pathname } = new URL(`${api}/agents/endless/stream`);
  const socket = connect(Number(port), hostname);
  const body = JSON.stringify({ messages: "go" });
  socket.write(
    `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  socket.pause();
  try {
    await app.asked;
    const stopped = await standstill(app);
    ok(stopped < MAX_UNDER_WAY, `the model gave ${stopped} KiB to a reader who read nothing`);
    await new Promise<void>((resolve, reject) => {
      socket.on("data", () => app.given > stopped && resolve()); // the model goes on once the reader does
      socket.on("close", () => reject(new Error("the connection was closed")));
      socket.resume();
    });
  } finally {
    socket.destroy();
  }
  await app.aborted;
}

/** How much the model has given when it gives no more. */
async function standstill(app: StreamApp): Promise<number> {
  let last = -1;
  for (let still = 0; still < 10;) {
    still = app.given === last ? still + 1 : 0;
    last = app.given;
    if (last >= MAX_UNDER_WAY) return last;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return last;
}

async function notMixedUp(_app: StreamApp, api: string): Promise<void> {
  const questions = Array.from({ length: 32 }, (_, index) => `question ${index}`);
  const answers = await Promise.all(
    questions.map(
      async (question) => ((await (await fetch(`${api}/agents/echo/generate`, ask(question))).json()) as { text: string }).text,
    ),
  );
  deepStrictEqual(answers, questions);
}

async function oneConnection(_app: StreamApp, api: string): Promise<void> {
  const { hostname, port, pathname } = new URL(api);
  const requests = [
    ["GET", "/agents", ""],
    ["POST", "/agents/echo/generate", '{"messages":"hi"}'],
    ["POST", "/agents/echo/generate", "{"],
    ["POST", "/agents/unknown/generate", '{"messages":"hi"}'],
    ["POST", "/agents/echo/stream", '{"messages":"hi"}'],
    ["GET", "/agents/echo", ""],
  ] as const;
  const socket = connect(Number(port), hostname);
  try {
    const statuses: string[] = [];
    for (const [method, path, body] of requests) {
      const length = body === "" ? "" : `content-type: application/json\r\ncontent-length: ${body.length}\r\n`;
      socket.write(`${method} ${pathname}${path} HTTP/1.1\r\nhost: ${hostname}\r\n${length}\r\n${body}`);
      statuses.push(await readReply(socket));
    }
    deepStrictEqual(statuses, ["200", "200", "400", "404", "200", "200"]);
  } finally {
    socket.destroy();
  }
}

/** Reads one whole reply from a connection that stays open, and gives its status. */
function readReply(socket: Socket): Promise<string> {
  let text = "";
  return new Promise((resolve, reject) => {
    const onData = (chunk: Uint8Array): void => {
      text += String.fromCharCode(...chunk);
      const head = text.indexOf("\r\n\r\n");
      if (head < 0) return;
      const length = /^content-length: (\d+)/im.exec(text.slice(0, head))?.[1];
      if (length === undefined ? !text.endsWith("\r\n0\r\n\r\n") : text.length < head + 4 + Number(length)) return;
      done();
      resolve(text.split(" ")[1] ?? "");
    };
    const onClose = (): void => {
      done();
      reject(new Error(`the connection was closed after ${JSON.stringify(text)}`));
    };
    const done = (): void => {
      socket.off("data", onData);
      socket.off("close", onClose);
    };
    socket.on("data", onData);
    socket.on("close", onClose);
  });
}
