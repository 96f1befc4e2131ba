/** Settings of what stands between the network and the routes. */

/** Which pages of other origins may call the server. Named as in Hono's `cors`. */
export interface CorsOptions {
  /** One origin, several, `*`, or a function that gives the origin to allow, or nothing. Default `*`. */
  readonly origin?: string | readonly string[] | ((origin: string) => string | undefined | null | Promise<string | undefined | null>);
  /** Let pages send cookies. Only for origins that are named: never together with `*`. Default false. */
  readonly credentials?: boolean;
  /** Default: GET, POST, PUT, PATCH, DELETE, OPTIONS. */
  readonly allowMethods?: readonly string[];
  /** Headers that pages may send, beside those that clients of the API send. */
  readonly allowHeaders?: readonly string[];
  /** Headers of replies that pages may read, beside those that clients of the API read. */
  readonly exposeHeaders?: readonly string[];
  /** Seconds that a browser may remember the answer. Default 3,600. */
  readonly maxAge?: number;
}
