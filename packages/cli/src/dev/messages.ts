/** What the dev command and its servers tell each other. */

/** To a process that has loaded the library and waits: serve the app. */
export interface StartMessage {
  readonly type: "start";
  readonly inspect?: { readonly host: string; readonly port: number; readonly wait: boolean };
}

export type ToServer = StartMessage | { readonly type: "stop" } | { readonly type: "let-go-of-inspector" };

export type FromServer =
  /** The library is loaded. */
  | { readonly type: "waiting" }
  /** Files that the app is made of, as they are read. */
  | { readonly type: "files"; readonly paths: readonly string[] }
  | ReadyMessage
  | { readonly type: "failed"; readonly text: string };

export interface ReadyMessage {
  readonly type: "ready";
  /** Where this process listens, on the loopback address. */
  readonly port: number;
  /** It speaks TLS itself. */
  readonly isSecure: boolean;
  /** What the app's configuration says. */
  readonly config: { readonly port?: number; readonly host?: string; readonly prefix: string };
  readonly agents: readonly string[];
  readonly workflows: readonly string[];
}
