/** What stands between the repository as it is and a release. */

export interface Package {
  readonly name: string;
  readonly version: string;
  readonly repository?: unknown;
  readonly publishConfig?: { readonly provenance?: boolean };
  /** The newest version that the registry has of this name; absent when it has none. */
  readonly published?: string | undefined;
}

export interface Release {
  readonly version: string;
  readonly changelog: string;
  /** What git says of the working tree; empty when it is clean. */
  readonly changes: string;
  readonly packages: readonly Package[];
}

/** Faults of the repository: no release can be made of it, and none can be tried. */
export function faultsOf({ version, changelog, changes, packages }: Release): string[] {
  return [
    ...packages.filter((one) => one.version !== version).map((one) => `${one.name} has version ${one.version}`),
    ...packages.filter((one) => !one.publishConfig?.provenance).map(({ name }) => `${name} is not published with provenance`),
    ...(new RegExp(`^## ${version.replaceAll(".", "\\.")}(?: |$)`, "m").test(changelog) ? [] : [`CHANGELOG.md has no "## ${version}"`]),
    ...(changes === "" ? [] : ["the working tree has changes"]),
  ];
}

/** What keeps it from being published, though it can be tried. */
export function hindrancesOf({ version, packages }: Release, isCi: boolean): string[] {
  return [
    ...packages
      .filter(({ published }) => published !== undefined && !isOlder(published, version))
      .map(({ name, published }) => `the registry has ${name}@${published}, which is not older: is the name ours?`),
    ...packages
      .filter(({ repository }) => repository === undefined)
      .map(({ name }) => `${name} names no repository, which provenance needs`),
    ...(isCi ? [] : ["only CI publishes"]),
  ];
}

/** By number, part for part; a version with a suffix comes before the one without. */
export function isOlder(version: string, other: string): boolean {
  const [a, b] = [version, other].map((text) => text.split("-")[0]?.split(".").map(Number) ?? []);
  const at = [0, 1, 2].find((index) => a?.[index] !== b?.[index]);
  return at === undefined ? version.includes("-") && !other.includes("-") : (a?.[at] ?? 0) < (b?.[at] ?? 0);
}
