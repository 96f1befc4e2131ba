import type { Principal } from "../../context/principal.ts";
import type { ApiRoute } from "../../mastra.ts";

/** A route, as policies name it. */
export interface RouteName {
  readonly id: string;
  /** What it asks for, or `public`. */
  readonly access: string;
}

/** A route of the app's own: `custom:execute`, or the first permission that it asks for. */
export function customRouteName({ path, requiresPermission }: Pick<ApiRoute, "path" | "requiresPermission">): RouteName {
  const [permission = "custom:execute"] = requiresPermission === undefined ? [] : [requiresPermission].flat();
  return { id: `custom${path}`, access: permission };
}

/** A request, as far as limits look at it. */
export interface Applicant {
  readonly route: RouteName;
  readonly request: Request;
  /** Absent: the local user. */
  readonly principal?: Principal;
  readonly agentId?: string | undefined;
  /** Where the request comes from, where the adapter knows it. */
  readonly address?: string | undefined;
}
