/** Builds when something that a build reads has changed since the last one. */
import { fingerprint, isBuilt } from "./build-stamp.ts";

if (!isBuilt(fingerprint())) {
  console.log("Building …");
  await import("./build.ts");
}
