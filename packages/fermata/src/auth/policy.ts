import type { Principal } from "../context/principal.ts";
import type { Action } from "./permissions.ts";

/** What a call wants to reach. */
export interface PolicyResource {
  /** The kind, for example `agents` or `memory`; that of a permission of the app's own for a route of its own. */
  readonly type: string;
  /** The id of the one thing, where the route names one: an agent's id, not the key that it is registered under. */
  readonly id?: string;
  /** `agents.generate`, or the method and path of a route of the app's own. */
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * Decides whether the principal may do this. Asked after the scopes have allowed it, so it can only narrow.
 * `action` is a verb of the server's own permissions, or that of a permission of the app's own.
 */
export type Policy = (principal: Principal, action: Action | (string & {}), resource: PolicyResource) => boolean | Promise<boolean>;
