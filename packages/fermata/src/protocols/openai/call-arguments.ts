import { UnreadableArguments } from "../../agents/loop/read-parts.ts";

/** A call's arguments as the model wrote them. */
export function argumentsText(args: unknown): string {
  return args instanceof UnreadableArguments ? args.text : (JSON.stringify(args) ?? "{}");
}

/** Seconds since 1970. */
export function unixSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
