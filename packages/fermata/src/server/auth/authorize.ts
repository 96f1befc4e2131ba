/** What the app's own configuration says about a known user's request: `authorizeUser`, else `authorize`, else `rules`. */
import type { Authentication } from "../../auth/config.ts";
import { toMatcher, type PathMatcher } from "../../auth/path-pattern.ts";
import { toAuthRequest, type AuthRule } from "../../auth/provider.ts";
import { FermataError } from "../../errors.ts";
import { accessDenied, authorizationFailed } from "./refusals.ts";

export interface AskedRequest {
  readonly request: Request;
  readonly method: string;
  /** The path as the app knows it, and by other names that patterns may use. */
  readonly paths: readonly [string, ...string[]];
  /** The web framework's own context. */
  readonly context: unknown;
}

/** Rejects when the user may not. @throws FermataError `FORBIDDEN`, or `INTERNAL` when the app's code fails. */
export type Authorizer = (user: unknown, asked: AskedRequest) => Promise<void>;

export function toAuthorizer(authentication: Authentication): Authorizer | undefined {
  const may = toCheck(authentication);
  if (!may) return undefined;
  return async (user, asked) => {
    let granted: unknown;
    try {
      granted = await may(user, asked);
    } catch (error) {
      throw FermataError.is(error) ? error : authorizationFailed(error);
    }
    if (granted !== true) throw accessDenied();
  };
}

type Check = (user: unknown, asked: AskedRequest) => unknown;

function toCheck(authentication: Authentication): Check | undefined {
  const { rules } = authentication;
  if (authentication.authorizeUser) return (user, { request }) => authentication.authorizeUser?.(user, toAuthRequest(request));
  if (authentication.authorize)
    return (user, { paths, method, context, request }) => authentication.authorize?.(paths[0], method, user, context ?? { request });
  return rules && rules.length > 0 ? toRules(rules) : undefined;
}

/** The first rule that fits grants; when none does, nobody may. */
function toRules(rules: readonly AuthRule[]): Check {
  const all = rules.map((rule) => ({ rule, matches: matcherOf(rule) }));
  return async (user, { paths, method }) => {
    for (const { rule, matches } of all) {
      if (!matches(paths, method)) continue;
      if (rule.condition ? await rule.condition(user) : rule.allow === true) return true;
    }
    return false;
  };
}

function matcherOf({ path, methods }: AuthRule): PathMatcher {
  const wanted = methods === undefined ? undefined : [methods].flat();
  const matchesPath = path === undefined ? undefined : toMatcher(path instanceof RegExp ? [path] : [path].flat());
  return (paths, method) =>
    (wanted === undefined || wanted.includes("ALL") || wanted.some((one) => one === method)) && (matchesPath?.(paths, method) ?? true);
}
