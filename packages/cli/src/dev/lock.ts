/** One dev command per project. The lock is a local socket, so a process that died holds none, and others can ask where it serves. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, connect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface DevState {
  readonly pid: number;
  /** Absent until the app has been served once. */
  readonly url?: string;
  readonly prefix?: string;
}

function placeOf(root: string): string {
  const name = `fermata-dev-${createHash("sha256").update(root).digest("hex").slice(0, 16)}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

export interface Lock {
  release(): void;
}

/** Resolves to `undefined` when another process has it. */
export async function lock(root: string, state: () => DevState): Promise<Lock | undefined> {
  const place = placeOf(root);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end(JSON.stringify(state()));
    });
    if (await listens(server, place)) {
      server.unref();
      return { release: () => server.close() };
    }
    if (await runningDev(root)) return undefined;
    // Nobody answers: its process is gone without having taken it away.
    if (process.platform !== "win32") rmSync(place, { force: true });
  }
  return undefined;
}

async function listens(server: Server, place: string): Promise<boolean> {
  server.listen(place);
  try {
    await once(server, "listening");
    return true;
  } catch {
    return false;
  }
}

/** What the dev command of the project says of itself; `undefined` when none runs. */
export async function runningDev(root: string): Promise<DevState | undefined> {
  const socket = connect(placeOf(root));
  try {
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => (text += part));
    await once(socket, "close");
    return text === "" ? undefined : (JSON.parse(text) as DevState);
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}
