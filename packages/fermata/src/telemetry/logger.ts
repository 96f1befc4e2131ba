/** What the server and the app write about themselves. Prompts and secrets never go in at `info` level or above. */

export type LogFields = Readonly<Record<string, unknown>>;

/** Anything with these four methods is a logger: `console`, pino, winston, … */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

const ORDER: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Says nothing. What `logger: false` stands for. */
export function silentLogger(): Logger {
  return SILENT;
}

export interface ConsoleLoggerOptions {
  /** Default: `warn` in production, `info` otherwise. */
  readonly level?: LogLevel;
  /** One JSON object a line (default in production), or text for a terminal. */
  readonly format?: "json" | "text";
  /** Where lines go. Default: standard error for a terminal, standard output for JSON. */
  readonly write?: (line: string) => void;
}

/** Writes lines to the process's output. */
export function createLogger(options: ConsoleLoggerOptions = {}): Logger {
  const production = process.env.NODE_ENV === "production";
  const level = ORDER[options.level ?? (production ? "warn" : "info")];
  const format = options.format ?? (production ? "json" : "text");
  const write = options.write ?? ((line) => void (format === "json" ? process.stdout : process.stderr).write(`${line}\n`));
  const at = (name: LogLevel) => (message: string, fields?: LogFields) => {
    if (ORDER[name] >= level) write(format === "json" ? toJsonLine(name, message, fields) : toTextLine(name, message, fields));
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function toJsonLine(level: LogLevel, message: string, fields: LogFields | undefined): string {
  return toJson({ time: new Date().toISOString(), level, message, ...readable(fields) });
}

function toTextLine(level: LogLevel, message: string, fields: LogFields | undefined): string {
  const pairs = Object.entries(readable(fields)).map(
    ([key, value]) => ` ${key}=${typeof value === "string" ? oneLine(value, fields?.[key]) : toJson(value)}`,
  );
  return `${new Date().toISOString().slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${message}${pairs.join("")}`;
}

/** Only a stack may take several lines: a value from outside must not look like a line of its own. */
function oneLine(text: string, given: unknown): string {
  return given instanceof Error || !/\p{Cc}/u.test(text) ? text : JSON.stringify(text);
}

/** Anything at all as JSON: a line that cannot be written must not stop what it tells of. */
function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? item.toString() : item)) ?? "undefined";
  } catch {
    return '"[not JSON]"';
  }
}

/** Errors as text with their stack and causes: logs are where stacks belong. */
function readable(fields: LogFields | undefined): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields ?? {})) {
    if (value !== undefined) result[key] = value instanceof Error ? stackOf(value, 0) : value;
  }
  return result;
}

const MAX_CAUSES = 4;

function stackOf(error: Error, depth: number): string {
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause instanceof Error && depth < MAX_CAUSES ? `${own}\ncaused by: ${stackOf(error.cause, depth + 1)}` : own;
}

/**
 * A logger of the app's own, given errors without what providers hang on them: request bodies hold prompts, headers hold keys,
 * and most loggers write every member of an error.
 */
export function withPlainErrors(logger: Logger): Logger {
  const at = (name: LogLevel) => (message: string, fields?: LogFields) => logger[name](message, fields && plainErrors(fields));
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function plainErrors(fields: LogFields): LogFields {
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) result[key] = value instanceof Error ? plainError(value, 0) : value;
  return result;
}

function plainError(error: Error, depth: number): Error {
  const cause = error.cause instanceof Error && depth < MAX_CAUSES ? plainError(error.cause, depth + 1) : undefined;
  const plain = new Error(error.message, cause && { cause });
  plain.name = error.name;
  if (error.stack !== undefined) plain.stack = error.stack;
  const code = "code" in error ? error.code : undefined;
  return typeof code === "string" ? Object.assign(plain, { code }) : plain;
}

/** A logger that adds `fields` to every line. */
export function withFields(logger: Logger, fields: LogFields): Logger {
  if (logger === SILENT) return logger;
  const at = (name: LogLevel) => (message: string, more?: LogFields) => logger[name](message, more ? { ...fields, ...more } : fields);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
