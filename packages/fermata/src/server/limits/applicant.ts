import type { Principal } from "../../context/principal.ts";

/** A route, as policies name it. */
export interface RouteName {
  readonly id: string;
  /** What it asks for, or `public`. */
  readonly access: string;
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
