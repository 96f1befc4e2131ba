/** What is in the output, in CycloneDX. Without a date or a random number, so that the same input gives the same bytes. */
import type { PackageManifest } from "../compile/resolve.ts";
import type { TracedPackage } from "./packages.ts";

export function billOfMaterials(
  app: { readonly name: string; readonly version: string | undefined },
  packages: readonly TracedPackage[],
): string {
  const root = {
    type: "application",
    "bom-ref": `app:${app.name}`,
    name: app.name,
    ...(app.version !== undefined && { version: app.version }),
  };
  const refs = new Map(packages.map((one) => [one.folder, purl(one)]));
  const refsOf = (folders: readonly string[]): string[] => [...new Set(folders.flatMap((folder) => refs.get(folder) ?? []))].toSorted();
  const unique = [...new Map(packages.map((one) => [purl(one), one] as const))].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const bom = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: root },
    components: unique.map(([ref, one]) => ({
      type: "library",
      "bom-ref": ref,
      ...nameOf(one.name),
      version: one.version,
      purl: ref,
      ...licencesOf(one.manifest),
    })),
    dependencies: [
      { ref: root["bom-ref"], dependsOn: unique.map(([ref]) => ref) },
      ...unique.map(([ref, one]) => ({ ref, dependsOn: refsOf(one.uses) })),
    ],
  };
  return `${JSON.stringify(bom, undefined, 2)}\n`;
}

function purl({ name, version }: TracedPackage): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

function nameOf(name: string): { readonly group?: string; readonly name: string } {
  const [first = "", second] = name.split("/");
  return second === undefined ? { name } : { group: first, name: second };
}

/** Licences by their SPDX name. What is none of these may be none at all, and stands in the list as the package calls it. */
const SPDX =
  /^(?:MIT(?:-0)?|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|MPL-2\.0|BlueOak-1\.0\.0|CC0-1\.0|CC-BY-[34]\.0|Unlicense|Zlib|WTFPL|Python-2\.0|Artistic-2\.0|EPL-2\.0|A?GPL-3\.0-(?:only|or-later)|GPL-2\.0-(?:only|or-later)|LGPL-(?:2\.1|3\.0)-(?:only|or-later))$/;

function licencesOf({ license }: PackageManifest): { readonly licenses?: readonly unknown[] } {
  if (typeof license !== "string" || license === "") return {};
  const names = license.replaceAll(/[()]/g, "").split(/ (?:OR|AND) /);
  if (names.length > 1 && names.every((name) => SPDX.test(name))) return { licenses: [{ expression: license }] };
  return { licenses: [{ license: SPDX.test(license) ? { id: license } : { name: license } }] };
}
