import { readFileSync } from "node:fs";

/** Of this package. */
export function version(): string {
  // Beside `src` as beside `dist`; the package's own manifest.
  return (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;
}
