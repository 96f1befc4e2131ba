/**
 * A registry on this machine, for the real package managers: with the repository's packages as they would be published, what is installed
 * beside them, and the tiny packages of a fixture. Nothing is asked of a network.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tarballOf } from "./tarball.ts";

export interface Registry extends AsyncDisposable {
  readonly url: string;
}

interface Release {
  readonly manifest: Readonly<Record<string, unknown>> & { readonly name: string; readonly version: string };
  readonly tarball: () => Uint8Array;
}

type Releases = Map<string, Map<string, Release>>;

const repository = fileURLToPath(new URL("../../../../", import.meta.url));
const OWN = ["fermata", "cli", "create-fermata"];

/** @param deps folders with a package in each */
export async function startRegistry(work: string, deps: readonly string[] = []): Promise<Registry> {
  const releases: Releases = new Map();
  for (const [path, entry] of Object.entries(lockedPackages())) addLocked(releases, path, entry);
  for (const name of OWN) addOwn(releases, join(repository, "packages", name), work);
  for (const folder of deps) add(releases, manifestAt(folder), () => tarballOf(folder));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://registry").pathname).slice(1);
    const [name = "", file] = path.split("/-/");
    const versions = releases.get(name);
    if (file !== undefined) {
      const release = versions?.get(file.replace(/\.tgz$/, ""));
      response.writeHead(release ? 200 : 404, { "content-type": "application/octet-stream" }).end(release?.tarball());
    } else
      response
        .writeHead(versions ? 200 : 404, { "content-type": "application/json" })
        .end(JSON.stringify(versions ? packument(name, versions, url) : {}));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`; // it listens on TCP
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function packument(name: string, versions: ReadonlyMap<string, Release>, url: string): object {
  const all = [...versions].map(
    ([version, { manifest }]) => [version, { ...manifest, dist: { tarball: `${url}${name}/-/${version}.tgz` } }] as const,
  );
  const newest = all.map(([version]) => version).toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return { name, "dist-tags": { latest: newest.at(-1) }, versions: Object.fromEntries(all) };
}

function add(releases: Releases, manifest: Release["manifest"], tarball: () => Uint8Array): void {
  const versions = releases.get(manifest.name) ?? new Map<string, Release>();
  let packed: Uint8Array | undefined;
  // Nothing is compiled at an install, and what a package needs for its own development is no concern of whoever installs it.
  const { devDependencies: _dev, scripts: _scripts, ...published } = manifest;
  versions.set(manifest.version, {
    manifest: { ...published, name: manifest.name, version: manifest.version },
    tarball: () => (packed ??= tarball()),
  });
  releases.set(manifest.name, versions);
}

function manifestAt(folder: string): Release["manifest"] {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Release["manifest"];
}

interface Locked {
  readonly name?: string;
  readonly version?: string;
  readonly link?: boolean;
}

function lockedPackages(): Readonly<Record<string, Locked>> {
  return (JSON.parse(readFileSync(join(repository, "package-lock.json"), "utf8")) as { packages: Record<string, Locked> }).packages;
}

/** Packages for other platforms are known by name alone: they are chosen among, and never fetched. */
function addLocked(releases: Releases, path: string, entry: Locked): void {
  const at = path.lastIndexOf("node_modules/");
  if (at === -1 || entry.link === true || entry.version === undefined) return;
  const folder = join(repository, path);
  const isHere = existsSync(join(folder, "package.json"));
  const manifest = isHere
    ? manifestAt(folder)
    : { ...entry, name: entry.name ?? path.slice(at + "node_modules/".length), version: entry.version };
  add(releases, manifest, () => tarballOf(folder));
}

/** As `npm publish` would take it. */
function addOwn(releases: Releases, folder: string, work: string): void {
  const packed = spawnSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", work], { cwd: folder, encoding: "utf8" });
  if (packed.status !== 0) throw new Error(packed.stderr);
  const file = packed.stdout.trim().split("\n").at(-1) ?? "";
  add(releases, manifestAt(folder), () => readFileSync(join(work, file)));
}

/** The tiny packages of a fixture. */
export function packagesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}
