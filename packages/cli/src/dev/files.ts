/** The files that the app is made of, told to the dev command together, a turn of the event loop at a time. */
import type { FromServer } from "./messages.ts";

let noted: string[] = [];

export function noteFile(path: string): void {
  if (noted.push(path) === 1) setImmediate(tellFiles);
}

/** Tells what has been noted by now. */
export function tellFiles(): void {
  const paths = noted;
  noted = [];
  if (paths.length > 0) process.send?.({ type: "files", paths } satisfies FromServer);
}
