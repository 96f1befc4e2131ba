/**
 * Who may call a route. The route's own declaration decides; what the app configures can open or narrow it. Nothing here depends on
 * where the routes are mounted, or by which adapter.
 */
import { allows, allowsSome, toNeed } from "../../auth/permissions.ts";
import { toMatcher, type PathMatcher } from "../../auth/path-pattern.ts";
import type { Policy } from "../../auth/policy.ts";
import type { Principal } from "../../context/principal.ts";
import { MASTRA_RESOURCE_ID_KEY, type RequestContext } from "../../context/request-context.ts";
import type { RouteSpec } from "../../contract/route.ts";
import { FermataError } from "../../errors.ts";
import type { ApiRoute, Mastra } from "../../mastra.ts";
import { toAuthorizer, type AskedRequest, type Authorizer } from "./authorize.ts";
import { Authenticator, introduce, type Identity } from "./identity.ts";
import { namesOf } from "./names.ts";
import { foreignPage, Pages } from "./pages.ts";
import { accessDenied, authorizationFailed, InvalidToken, MissingPermission } from "./refusals.ts";
import { tokenOf } from "./token.ts";

/** A route of the contract. */
interface DeclaredRoute {
  readonly id: string;
  readonly group: string;
  readonly spec: RouteSpec;
}

/** What the gate wants to know of a request. */
export interface GateRequest {
  readonly request: Request;
  readonly params: Readonly<Record<string, string>>;
  readonly context?: unknown;
}

/** Whom a request acts for that was let in; the identity is that of a known caller. */
export interface Entrant {
  readonly principal: Principal;
  readonly identity: Identity | undefined;
  /** The route is open to everybody: what the caller may do has not been asked. */
  readonly isUnasked?: true;
}

/** Lets a request in and tells its context for whom it acts. @throws FermataError `UNAUTHENTICATED`, `FORBIDDEN` */
export type Door = (asked: GateRequest, context: RequestContext) => Promise<Entrant>;

/** Whoever is not known, where that is allowed: in a tenant of its own, apart from all users. */
const ANONYMOUS: Principal = { tenant: "anonymous", subject: "anonymous", scopes: ["resources:*"] };

export interface GateOptions {
  readonly mastra: Mastra;
  readonly prefix: string;
  /** All of the app's own. */
  readonly customRoutes: readonly ApiRoute[];
}

/** What a route demands. */
interface Demand {
  readonly route: string;
  readonly isPublic: boolean;
  /** One of them is enough. Empty: to be known is. */
  readonly permissions: readonly string[];
  /** The parameter that names what it is about. */
  readonly about: string | undefined;
  /** Also scopes for one thing alone open the door: what it is about is asked behind it. */
  readonly asksForEach: boolean;
  /** Signing in and out: `protected` cannot close it, and no page of another origin may do it for its user. */
  readonly signsIn: boolean;
  readonly pages: Pages;
  paths(asked: GateRequest): readonly [string, ...string[]];
}

export class Gate {
  readonly authenticator: Authenticator;
  readonly #options: GateOptions;
  readonly #authorizer: Authorizer | undefined;
  readonly #policy: Policy | undefined;
  readonly #pages: Pages;
  readonly #opened: PathMatcher | undefined;
  readonly #closed: PathMatcher | undefined;
  /** What is below the prefix is also known as if it stood below `/api`, unless a route of the app's own does. */
  readonly #hasAlias: boolean;

  constructor(authenticator: Authenticator, options: GateOptions) {
    const { authentication } = authenticator;
    this.authenticator = authenticator;
    this.#options = options;
    this.#authorizer = toAuthorizer(authentication);
    this.#policy = options.mastra.getServer().policy;
    this.#pages = new Pages(options.mastra);
    this.#opened = toMatcher(authentication.public);
    this.#closed = toMatcher(authentication.protected);
    this.#hasAlias = options.prefix !== "/api" && !options.customRoutes.some(({ path }) => path === "/api" || path.startsWith("/api/"));
  }

  get prefix(): string {
    return this.#options.prefix;
  }

  get customRoutes(): readonly ApiRoute[] {
    return this.#options.customRoutes;
  }

  /** `undefined` where there is no authentication. @throws FermataError `MISCONFIGURED` */
  static of(options: GateOptions): Gate | undefined {
    const authenticator = Authenticator.of(options.mastra);
    return authenticator && new Gate(authenticator, options);
  }

  /** The door of a route of the contract. */
  forRoute(entry: DeclaredRoute): Door {
    return this.#door(this.#demandOf(entry));
  }

  /** Whether a route of the contract is open, as it is declared and configured. */
  accessOf(entry: DeclaredRoute): "public" | "required" {
    const { method, path } = entry.spec;
    return this.#isOpen(this.#demandOf(entry), this.#pathsOf(path, entry.spec.openai), method) ? "public" : "required";
  }

  customAccessOf(route: ApiRoute): "public" | "required" {
    return this.#isOpen(this.#customDemand(route), [route.path], route.method) ? "public" : "required";
  }

  #demandOf({ id, group, spec }: DeclaredRoute): Demand {
    return {
      route: id,
      isPublic: spec.access === "public",
      permissions: spec.access === "public" ? [] : [spec.access],
      about: firstParameter(spec.path),
      asksForEach: spec.asksForEach === true,
      signsIn: group === "auth",
      pages: this.#pages,
      paths: ({ params }) =>
        this.#pathsOf(
          spec.path.replace(/:(\w+)/g, (_all, name: string) => encodeURIComponent(params[name] ?? "")),
          spec.openai,
        ),
    };
  }

  /** The door of what is served beside the contract, such as the API's document. */
  forPath(path: string, permission: string): Door {
    const paths = (): readonly [string, ...string[]] => this.#pathsOf(path, undefined);
    return this.#door({
      route: `GET ${path}`,
      isPublic: false,
      permissions: [permission],
      about: undefined,
      asksForEach: false,
      signsIn: false,
      pages: this.#pages,
      paths,
    });
  }

  /** The door of a route of the app's own. */
  forCustom(route: ApiRoute): Door {
    return this.#door(this.#customDemand(route));
  }

  #customDemand({ method, path, requiresAuth, requiresPermission, cors }: ApiRoute): Demand {
    return {
      route: `${method} ${path}`,
      isPublic: requiresAuth === false,
      permissions: requiresPermission === undefined ? [] : [requiresPermission].flat(),
      about: firstParameter(path),
      asksForEach: false,
      signsIn: false,
      pages: cors === undefined ? this.#pages : new Pages(this.#options.mastra, cors),
      paths: ({ request }) => [pathOf(request)],
    };
  }

  /** Asks about a thing where the door cannot see it: one that a body names, or that a list would show. @throws FermataError `FORBIDDEN` */
  async askAbout(id: string, permission: string, route: string, principal: Principal): Promise<void> {
    const about = PARAMETERS[toNeed(permission).resource];
    const params = about === undefined ? {} : { [about]: id };
    this.#granted({ permissions: [permission], about, asksForEach: false }, principal, params);
    if (this.#policy) await this.#consult(this.#policy, principal, permission, { route, about }, params);
  }

  #pathsOf(path: string, openai: true | undefined): readonly [string, ...string[]] {
    const { prefix } = this.#options;
    return [`${prefix}${path}`, ...(this.#hasAlias ? [`/api${path}`] : []), ...(openai ? [path] : [])];
  }

  #door(demand: Demand): Door {
    const asksPaths = demand.isPublic ? this.#closed && !demand.signsIn : this.#opened;
    if (!asksPaths)
      return (asked, context) => (demand.isPublic ? this.#admitAnybody(demand, asked, context) : this.#admitKnown(demand, asked, context));
    return (asked, context) =>
      this.#isOpen(demand, demand.paths(asked), methodOf(asked.request.method))
        ? this.#admitAnybody(demand, asked, context)
        : this.#admitKnown(demand, asked, context);
  }

  #isOpen({ isPublic, signsIn }: Demand, paths: readonly string[], method: string): boolean {
    if (this.#opened?.(paths, method) === true) return true;
    return isPublic && (signsIn || this.#closed?.(paths, method) !== true);
  }

  /** Whoever can be known is. Nobody is turned away but pages of other origins that would sign their user in or out. */
  async #admitAnybody({ pages, signsIn }: Demand, { request }: GateRequest, context: RequestContext): Promise<Entrant> {
    const { headers } = request;
    const mayUseCookies = await pages.mayUseCookies(request);
    if (signsIn && !(mayUseCookies && (await pages.mayBeSent(request)))) throw foreignPage();
    if (mayUseCookies && (headers.has("authorization") || headers.has("cookie"))) {
      try {
        const identity = await this.authenticator.identify(request);
        if (identity) return { ...(await this.#introduced(identity, context)), isUnasked: true };
      } catch {
        // Who cannot be known is nobody here.
      }
    }
    context.actFor(ANONYMOUS);
    return { principal: ANONYMOUS, identity: undefined, isUnasked: true };
  }

  async #introduced(identity: Identity, context: RequestContext): Promise<Entrant> {
    const known = await this.authenticator.principalOf(identity.user);
    // Code of the app's own in front of the door may have said whose things these are; a mapping goes before it.
    const owner = this.authenticator.authentication.mapUserToResourceId ? undefined : context.getRaw(MASTRA_RESOURCE_ID_KEY);
    const principal = typeof owner === "string" && owner !== "" ? { ...known, resourceId: owner } : known;
    introduce(context, identity, principal);
    return { principal, identity };
  }

  async #admitKnown(demand: Demand, asked: GateRequest, context: RequestContext): Promise<Entrant> {
    const { request, params } = asked;
    if (request.headers.has("cookie") && !(await demand.pages.mayUseCookies(request))) throw foreignPage();
    const identity = await this.authenticator.identify(request);
    if (!identity) throw new InvalidToken(tokenOf(request, this.authenticator.authentication.apiKeyInQuery === true) !== "");
    const entrant = await this.#introduced(identity, context);
    const { principal } = entrant;
    await this.#authorizer?.(identity.user, this.#askedRequest(demand, asked));
    const permission = this.#granted(demand, principal, params);
    if (this.#policy && !demand.asksForEach) await this.#consult(this.#policy, principal, permission, demand, params);
    return entrant;
  }

  #askedRequest(demand: Demand, asked: GateRequest): AskedRequest {
    const { request, context } = asked;
    return { request, context, method: methodOf(request.method), paths: demand.paths(asked) };
  }

  /** The first permission that the principal has; `undefined` where none is asked for. @throws FermataError `FORBIDDEN` */
  #granted(
    { permissions, about, asksForEach }: Pick<Demand, "permissions" | "about" | "asksForEach">,
    { scopes }: Principal,
    params: GateRequest["params"],
  ): string | undefined {
    if (permissions.length === 0) return undefined;
    const forAll = permissions.find((permission) => allows(scopes, toNeed(permission)));
    if (forAll !== undefined) return forAll;
    const ids = namesOf(about, params, this.#options.mastra)?.all;
    const forOne = ids && permissions.find((permission) => allows(scopes, { ...toNeed(permission), ids }));
    const forSome = asksForEach ? permissions.find((permission) => allowsSome(scopes, toNeed(permission))) : undefined;
    if (forOne === undefined && forSome === undefined) throw new MissingPermission(permissions);
    return forOne ?? forSome;
  }

  async #consult(
    policy: Policy,
    principal: Principal,
    permission: string | undefined,
    { route, about }: Pick<Demand, "route" | "about">,
    params: GateRequest["params"],
  ): Promise<void> {
    const id = namesOf(about, params, this.#options.mastra)?.id;
    const { resource, action } = permission === undefined ? { resource: "custom", action: "execute" } : toNeed(permission);
    let isAllowed: unknown;
    try {
      isAllowed = await policy(principal, action, { type: resource, ...(id !== undefined && { id }), route, params });
    } catch (error) {
      throw FermataError.is(error) ? error : authorizationFailed(error);
    }
    if (isAllowed !== true) throw accessDenied();
  }
}

/** Under which parameter paths name a thing of a kind. */
const PARAMETERS: Readonly<Record<string, string>> = { agents: "agentId", workflows: "workflowId", tools: "toolId" };

function firstParameter(path: string): string | undefined {
  return /:(\w+)/.exec(path)?.[1];
}

/** HEAD is GET without a body. */
function methodOf(method: string): string {
  return method === "HEAD" ? "GET" : method;
}

/** The path of a request, with its letters as themselves, so that no spelling of it escapes a pattern. */
function pathOf(request: Request): string {
  const { pathname } = new URL(request.url);
  try {
    return decodeURI(pathname);
  } catch {
    return pathname;
  }
}
