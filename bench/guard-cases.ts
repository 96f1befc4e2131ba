/** The request that is measured with and without guards. */
import { CASES, type Case } from "./cases.ts";
import { TOKEN } from "./token.js";

/** The case of this name, with a token. A server without authentication does not look at it. */
export const GUARD_CASES: readonly Case[] = CASES.filter(({ id }) => id === "generate").map((one) => ({
  ...one,
  id: "guards-generate",
  headers: { authorization: `Bearer ${TOKEN}` },
}));
