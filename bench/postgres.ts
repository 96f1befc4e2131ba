/** PostgreSQL from npm packages, as the tests start it, in a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../packages/fermata/test/support/postgres-process.ts", import.meta.url));

export interface BenchPostgres {
  /** The address of a new, empty database. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/** `undefined`, with the reason on standard error, where there is none. */
export async function startBenchPostgres(): Promise<BenchPostgres | undefined> {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const createDatabase = async (): Promise<string> => {
    child.stdin.write("\n");
    const answer: { url?: string; why?: string } = JSON.parse((await lines.next()).value ?? '{"why":"PostgreSQL did not start."}');
    if (answer.url === undefined) throw new Error(answer.why);
    return answer.url;
  };
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await exited;
  };
  try {
    await createDatabase();
    return { createDatabase, stop };
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    await stop();
    return undefined;
  }
}
