/** What is needed of `pg`, and the only place that loads it: an app without PostgreSQL does not have it installed. */
import type Pg from "pg";
import { FermataError } from "../../errors.ts";

/** A `Pool` of the package `pg`, or anything that does the same. */
export interface PostgresPool {
  query(config: PostgresQuery): Promise<PostgresResult>;
  connect(): Promise<PostgresClient>;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Called with every new connection. */
  on(event: "connect", listener: (client: PostgresClient) => void): unknown;
}

export interface PostgresClient {
  query(config: PostgresQuery): Promise<PostgresResult>;
  /** With `true` the connection is closed instead of being used again. */
  release(destroy?: boolean): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
}

export interface PostgresQuery {
  readonly text: string;
  readonly name?: string;
  readonly values?: unknown[];
  readonly types?: { getTypeParser(type: number): (text: string) => unknown };
}

export interface PostgresResult {
  readonly rows: unknown[];
  readonly rowCount: number | null;
}

export interface ConnectionOptions {
  /** `postgres://user:password@host:5432/database`. Default: the environment's `DATABASE_URL`, then what `pg` reads from `PG*`. */
  readonly connectionString?: string;
  /** True, or what `tls.connect` takes: `ca`, `cert`, `key`, `rejectUnauthorized`. Default: what the connection string says. */
  readonly ssl?: boolean | Readonly<Record<string, unknown>>;
  /** Connections at most. Default 10. */
  readonly max?: number;
}

/** A connection that does nothing but listen. */
export interface PostgresListener {
  end(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** @throws FermataError `MISCONFIGURED` when `pg` is not installed. */
export async function createPool(options: ConnectionOptions): Promise<PostgresPool> {
  const { Pool } = await loadPg();
  return new Pool({ ...connectionConfig(options), max: options.max ?? 10 });
}

/** Listens to a channel until it is ended or `ended` is called, once, because the connection is gone. It does not keep the process alive. */
export async function createListener(
  options: ConnectionOptions,
  channel: string,
  heard: (payload: string) => void,
  ended: () => void,
): Promise<PostgresListener> {
  const { Client } = await loadPg();
  const client = new Client(connectionConfig(options));
  // What broke is told by `end`, which always follows.
  client.on("error", () => undefined);
  client.on("notification", ({ payload = "" }) => heard(payload));
  await client.connect();
  // There since pg 8.5, and not among its types.
  (client as typeof client & { unref(): void }).unref();
  client.once("end", ended);
  await client.query(`listen ${channel}`);
  return client;
}

function connectionConfig({ connectionString, ssl }: ConnectionOptions) {
  const address = connectionString ?? process.env["DATABASE_URL"];
  return {
    ...(address !== undefined && { connectionString: address }),
    ...(ssl !== undefined && { ssl }),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: "fermata",
  };
}

async function loadPg(): Promise<typeof Pg> {
  try {
    // The package is CommonJS: its exports are on `default` in every runtime, and by name only in some.
    return (await import("pg")).default;
  } catch (error) {
    throw new FermataError("MISCONFIGURED", "PostgreSQL needs the package pg: npm install pg", { cause: error });
  }
}
