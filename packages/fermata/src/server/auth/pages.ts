/**
 * What pages have browsers send. A browser adds the user's cookies by itself, so a page of another origin that a user merely visits could act
 * as the user. Browsers say where a request comes from (Fetch Metadata, or `Origin`); programs say nothing, and are let through.
 */
import { FermataError } from "../../errors.ts";
import type { CorsOptions } from "../../mastra/edge-config.ts";
import type { Mastra } from "../../mastra.ts";
import { DEVELOPMENT_CORS, originRule } from "../cors.ts";

const READS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Which pages may have a browser change something here. */
export class Pages {
  readonly #cors: CorsOptions | false;
  readonly #home: string | undefined;

  /** @param own rules of a route of its own, in the place of the server's */
  constructor(mastra: Mastra, own?: CorsOptions | false) {
    const { cors, publicUrl } = mastra.getServer();
    const inDevelopment = process.env.NODE_ENV === "production" ? false : DEVELOPMENT_CORS;
    this.#cors = own ?? cors ?? inDevelopment;
    this.#home = publicUrl === undefined ? undefined : new URL(publicUrl).origin;
  }

  /** Whether the request may act for whom its cookies name. */
  async mayUseCookies(request: Request): Promise<boolean> {
    if (!request.headers.has("cookie") || !this.#isFromElsewhere(request)) return true;
    return this.#cors !== false && this.#cors.credentials === true && this.#isNamed(request);
  }

  /** The same where it is no cookie that counts, of a request that `isFormLike`. */
  async mayBeSent(request: Request): Promise<boolean> {
    if (!this.#isFromElsewhere(request)) return true;
    // Whoever lets all pages in lets them in by what they ask for, not by forms.
    return this.#cors !== false && this.#cors.origin !== undefined && this.#cors.origin !== "*" && this.#isNamed(request);
  }

  #isFromElsewhere(request: Request): boolean {
    if (READS.has(request.method)) return false;
    const { headers } = request;
    const site = headers.get("sec-fetch-site");
    if (site === "same-origin" || site === "none") return false;
    const origin = headers.get("origin");
    if (origin === null) return site !== null;
    if (origin === this.#home) return false;
    return site !== null || hostOf(origin) !== (headers.get("host") ?? new URL(request.url).host);
  }

  async #isNamed(request: Request): Promise<boolean> {
    const origin = request.headers.get("origin");
    if (origin === null || this.#cors === false) return false;
    return (await originRule(this.#cors.origin ?? "*")(origin)) === origin;
  }
}

/** The caller is a page that the app does not know. */
export function foreignPage(): FermataError {
  return new FermataError(
    "FORBIDDEN",
    "A page of another origin may not do this for its user. To let it: server.cors with its origin, and with credentials: true for cookies.",
  );
}

/** What forms can send, browsers send unasked. */
const FORM_TYPES = /^\s*(?:text\/plain|multipart\/form-data|application\/x-www-form-urlencoded)\s*(?:;|$)/i;

/** Whether a page may have a browser send it without asking first. Anything else that changes something is asked for by a preflight request. */
export function isFormLike({ method, headers }: Request): boolean {
  if (method !== "POST") return false;
  const type = headers.get("content-type");
  return type === null || FORM_TYPES.test(type);
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
