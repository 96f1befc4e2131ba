/** The form in which messages are kept and shown (`wire.md` section 4.2, "DB message"). */

export type StoredPart =
  | { readonly type: "text"; readonly text: string; readonly createdAt?: number }
  | {
      readonly type: "reasoning";
      readonly reasoning: string;
      readonly text: string;
      readonly details: readonly { readonly type: "text"; readonly text: string }[];
      readonly createdAt?: number;
    }
  | { readonly type: "tool-invocation"; readonly toolInvocation: ToolInvocation; readonly createdAt?: number }
  | {
      readonly type: "source";
      readonly source: { readonly sourceType: string; readonly id: string; readonly url?: string; readonly title?: string };
      readonly createdAt?: number;
    }
  | { readonly type: "file"; readonly mimeType: string; readonly data: string; readonly filename?: string; readonly createdAt?: number }
  | { readonly type: "step-start"; readonly createdAt?: number; readonly model?: string };

export interface ToolInvocation {
  readonly state: "call" | "result" | "output-error" | "output-denied";
  readonly toolCallId: string;
  readonly toolName: string;
  readonly args: unknown;
  readonly result?: unknown;
  readonly errorText?: string;
  /** The provider ran the tool itself. */
  readonly providerExecuted?: true;
  readonly approval?: { readonly id: string; readonly approved: boolean; readonly reason?: string };
}

export interface StoredMessage {
  readonly id: string;
  readonly role: "system" | "user" | "assistant";
  /** ISO 8601, or a `Date` in the process. */
  readonly createdAt: string | Date;
  readonly threadId?: string;
  readonly resourceId?: string;
  readonly content: {
    readonly format: 2;
    readonly parts: readonly StoredPart[];
    readonly content?: string;
    /** The finished calls once more, where readers of older versions look for them. */
    readonly toolInvocations?: readonly ToolInvocation[];
    readonly metadata?: Readonly<Record<string, unknown>>;
  };
}
