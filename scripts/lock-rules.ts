/** What a lockfile must and must not hold. Pure. */

export interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The members of npm's lockfile (version 3) that are read here. Keys of `packages` are folders; the root is the empty one. */
export interface Lockfile {
  readonly packages: Readonly<Record<string, Entry>>;
}

interface Missing {
  readonly name: string;
  readonly version: string;
  readonly dev: boolean;
}

/** Whether Node would find `name` from the package in `folder`. */
function isFound(lock: Lockfile, folder: string, name: string): boolean {
  for (let at = folder; ; at = at.slice(0, Math.max(at.lastIndexOf("/node_modules/"), 0))) {
    if (lock.packages[`${at === "" ? "" : `${at}/`}node_modules/${name}`]) return true;
    if (at === "") return false;
    if (!at.includes("/node_modules/")) return lock.packages[`node_modules/${name}`] !== undefined;
  }
}

/** Optional packages that are wanted with an exact version and have no entry. */
export function missingOptional(lock: Lockfile): Missing[] {
  const missing = new Map<string, Missing>();
  for (const [folder, { optionalDependencies = {}, dev = false }] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (/^\d/.test(version) && !isFound(lock, folder, name)) missing.set(name, { name, version, dev });
    }
  }
  return [...missing.values()];
}

const systems = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const processors = ["arm64", "arm", "ia32", "ppc64", "riscv64", "s390x", "x64", "wasm32"];

/**
 * The platform a package is for: what the lockfile says of a package of the same suffix, else what its name says
 * (`@x/binding-linux-arm64-musl`). A name that says nothing is an error, since npm would then install it everywhere.
 */
export function platformOf(name: string, lock: Lockfile): Pick<Entry, "os" | "cpu" | "libc"> {
  const suffix = name.slice(name.lastIndexOf("/") + 1).replace(/^binding-/, "");
  const sibling = Object.entries(lock.packages).find(
    ([folder, { cpu }]) => cpu !== undefined && folder.endsWith(`/binding-${suffix}`),
  )?.[1];
  if (sibling?.cpu) {
    return { cpu: sibling.cpu, ...(sibling.libc && { libc: sibling.libc }), ...(sibling.os && { os: sibling.os }) };
  }
  const words = suffix.split("-");
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  if (cpu.length === 0) throw new Error(`The name ${name} does not say for which platform it is.`);
  const libc = words.some((word) => word.startsWith("musl")) ? ["musl"] : words.some((word) => word.startsWith("gnu")) ? ["glibc"] : [];
  return { cpu, ...(libc.length > 0 && { libc }), ...(os.length > 0 && { os }) };
}

/** What is wrong with a lockfile, as sentences; empty when nothing is. */
export function findLockFaults(lock: Lockfile, allowScripts: Readonly<Record<string, boolean>>): string[] {
  const faults: string[] = [];
  for (const [folder, { resolved, hasInstallScript, optional }] of Object.entries(lock.packages)) {
    const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
    if (resolved?.startsWith("http")) faults.push(`${name} records a download address: install with omit-lockfile-registry-resolved=true`);
    // An optional one (a file watcher for one platform) works without its script; npm leaves the script out unless it is approved.
    if (hasInstallScript && !optional && !allowScripts[name]) faults.push(`${name} has an install script that nobody approved`);
  }
  for (const { name, version } of missingOptional(lock)) {
    faults.push(`${name}@${version} is wanted and has no entry, so npm ci fails: run node scripts/lockfile.ts --fix`);
  }
  return faults;
}
