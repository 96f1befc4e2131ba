/** Options of providers, and the environment's variables that stand in for them. */
import { FermataError } from "../../errors.ts";

/** The option, else the first variable that is set. An empty text is as good as none. */
export function setting(option: string | undefined, ...variables: readonly string[]): string | undefined {
  return [option, ...variables.map((name) => process.env[name])].find((value) => value !== undefined && value !== "");
}

/** @throws FermataError `MISCONFIGURED` when neither the option nor a variable is there. */
export function requiredSetting(option: string | undefined, what: string, ...variables: readonly string[]): string {
  const value = setting(option, ...variables);
  if (value !== undefined) return value;
  throw new FermataError("MISCONFIGURED", `${what} is missing: give it as an option or set ${variables.join(" or ")}.`);
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * An address that keys or tokens come from, without a slash at its end.
 * @throws FermataError `MISCONFIGURED` unless it is https; plain http only reaches this machine, or is allowed in so many words.
 */
export function secureUrl(text: string, what: string, allowInsecure = false): string {
  const url = URL.parse(text);
  if (url && (url.protocol === "https:" || (url.protocol === "http:" && (allowInsecure || LOOPBACK.test(url.hostname)))))
    return text.replace(/\/+$/, "");
  throw new FermataError("MISCONFIGURED", `${what} must be an address that begins with https://, not ${JSON.stringify(text)}.`);
}
