/** Servers that share a store, each with a connection and an agent of its own, as processes would. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, type AgentConfig } from "../../src/agents/agent.ts";
import { Mastra, type MastraConfig } from "../../src/mastra.ts";
import { PostgresStore } from "../../src/storage/postgres/postgres-store.ts";
import { SqliteStore } from "../../src/storage/sqlite/sqlite-store.ts";
import type { Store } from "../../src/storage/store.ts";
import { partModel, type Part } from "./part-model.ts";
import { textParts } from "./scripted-model.ts";
import { startHono, type TestServer } from "./test-server.ts";

/** Opens stores on the same data. */
export interface SharedData extends AsyncDisposable {
  open(): Store;
  /** Where the data is, for other processes. */
  readonly url: string;
}

export function sqliteData(): SharedData {
  const folder = mkdtempSync(join(tmpdir(), "fermata-turns-"));
  const url = `file:${join(folder, "data.db")}`;
  return sharing(
    url,
    () => new SqliteStore({ url }),
    () => rmSync(folder, { recursive: true, force: true }),
  );
}

export function postgresData(url: string): SharedData {
  return sharing(url, () => new PostgresStore({ connectionString: url }));
}

function sharing(url: string, make: () => Store, after: () => void = () => undefined): SharedData {
  const stores: Store[] = [];
  return {
    url,
    open() {
      const store = make();
      stores.push(store);
      return store;
    },
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store.close();
      after();
    },
  };
}

export interface TurnServer extends TestServer {
  readonly mastra: Mastra;
}

/** A server whose agent `a` is like this. */
export async function turnServer(data: SharedData, config: Partial<AgentConfig>): Promise<TurnServer> {
  return appServer({
    agents: { a: new Agent({ id: "a", name: "A", instructions: "", model: "offline", ...config }) },
    storage: data.open(),
  });
}

/** A server of this app, which ends with it. */
export async function appServer(config: MastraConfig): Promise<TurnServer> {
  const mastra = new Mastra({ logger: false, runs: { leaseMs: 1_000 }, ...config });
  const server = await startHono(mastra);
  return {
    ...server,
    mastra,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await mastra.shutdown();
    },
  };
}

/** A model that says one word after the other, each when it is told to. */
export function steppedModel(words: readonly string[]) {
  let controller: ReadableStreamDefaultController<Part> | undefined;
  const aborted = Promise.withResolvers<void>();
  const parts = textParts(...words);
  let next = 0;
  let asked = Promise.withResolvers<void>();
  const state = {
    calls: 0,
    aborted: aborted.promise,
    /** Gives the next part; false when there is none. */
    step(): boolean {
      const part = controller && parts[next++];
      if (part) controller?.enqueue(part);
      if (next < parts.length) return true;
      controller?.close();
      controller = undefined;
      return false;
    },
    /** Before the model is asked again. */
    reset(): void {
      next = 0;
      asked = Promise.withResolvers<void>();
    },
    /** Gives what there is left, once the model has been asked. */
    async finish(): Promise<void> {
      await asked.promise;
      while (state.step());
    },
    model: partModel(({ abortSignal }) => {
      state.calls += 1;
      next = 0;
      asked.resolve();
      abortSignal?.addEventListener("abort", () => aborted.resolve());
      return new ReadableStream<Part>({ start: (given) => void (controller = given) });
    }),
  };
  return state;
}

export interface Frames {
  /** The next frame, or `undefined` at the end. */
  next(): Promise<string | undefined>;
  /** All frames from here on. */
  rest(): Promise<string[]>;
  /** Breaks the connection. */
  cut(): void;
}

/** Reads an event stream frame by frame, or another one whose records end with `end`; comments are left out. */
export async function frames(url: string, init: RequestInit = {}, end = "\n\n"): Promise<Frames & { readonly status: number }> {
  const connection = new AbortController();
  const response = await fetch(url, { ...init, signal: connection.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const next = async (): Promise<string | undefined> => {
    for (;;) {
      const at = text.indexOf(end);
      if (at >= 0) {
        const frame = text.slice(0, at + end.length);
        text = text.slice(at + end.length);
        if (!frame.startsWith(":")) return frame;
        continue;
      }
      const more = await reader?.read();
      if (!more || more.done) return undefined;
      text += more.value;
    }
  };
  return {
    status: response.status,
    next,
    async rest() {
      const all: string[] = [];
      for (let frame = await next(); frame !== undefined; frame = await next()) all.push(frame);
      return all;
    },
    cut() {
      reader?.read().catch(() => undefined);
      connection.abort();
    },
  };
}

export function postJson(body: object, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

export function idOf(frame: string | undefined): string {
  return /^id: (\d+)\n/.exec(frame ?? "")?.[1] ?? "";
}

export function chunkOf(frame: string | undefined): {
  readonly type: string;
  readonly runId: string;
  readonly payload?: Record<string, unknown>;
} {
  const json = /^data: (.*)$/m.exec(frame ?? "")?.[1] ?? "null";
  return (json === "[DONE]" ? { type: "[DONE]" } : JSON.parse(json)) as ReturnType<typeof chunkOf>;
}
