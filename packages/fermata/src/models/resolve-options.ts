/** What resolving a model needs from outside. */
export interface ResolveOptions {
  /** For entries that do not say it themselves. Default 2. */
  readonly maxRetries?: number;
  /** Default `process.env`. With another environment nothing is taken from, or put into, the cache. */
  readonly env?: NodeJS.ProcessEnv;
  /** For the built-in provider and for looking for local endpoints. With it nothing is taken from, or put into, the cache. */
  readonly fetch?: typeof fetch;
  /** Is told in one line what `'auto'` has chosen and why. Default: a line on the standard error stream. */
  readonly log?: (line: string) => void;
}
