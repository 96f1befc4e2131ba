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

function licencesOf({ license }: PackageManifest): { readonly licenses?: readonly unknown[] } {
  if (typeof license !== "string" || license === "") return {};
  return {
    licenses: [
      / (?:OR|AND|WITH) /.test(license)
        ? { expression: license }
        : { license: license.startsWith("SEE ") ? { name: license } : { id: license } },
    ],
  };
}
