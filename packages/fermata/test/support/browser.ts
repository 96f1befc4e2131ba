/**
 * A real Chromium for tests, from npm packages alone: the browser and the few libraries it needs are unpacked once and kept.
 * It runs as root and on a machine that has no libraries for desktops.
 */
import { execFileSync } from "node:child_process";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createBrotliDecompress } from "node:zlib";
import { chromium, type Browser } from "playwright-core";

const packageRoot = join(dirname(fileURLToPath(import.meta.resolve("@sparticuz/chromium"))), "..");
const own = process.env["FERMATA_CHROMIUM"];

/** Why there is no browser here, or `undefined` when there is one. Printed once by who skips its tests. */
export function whyNoBrowser(): string | undefined {
  if (own !== undefined || (process.platform === "linux" && process.arch === "x64")) return undefined;
  return "The packaged Chromium is for Linux on x64: set FERMATA_CHROMIUM to a Chromium of your own, or its tests are skipped.";
}

/** Starts the browser. It is the caller's to close; it dies with the process. */
export async function startBrowser(): Promise<Browser> {
  const folder = own === undefined ? await unpacked() : undefined;
  return chromium.launch({
    executablePath: own ?? join(folder ?? "", "chromium"),
    // Root may not use the sandbox. The pages are our own.
    args: ["--no-sandbox", "--no-zygote"],
    env: { ...process.env, ...(folder !== undefined && { LD_LIBRARY_PATH: join(folder, "lib"), FONTCONFIG_PATH: folder }) },
  });
}

/** The folder with the browser. The first test that asks makes it; two at once are in nobody's way. */
async function unpacked(): Promise<string> {
  // The manifest is our dependency's own.
  const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { readonly version: string };
  const cache = join(packageRoot, "..", "..", ".cache", "fermata-chromium");
  const folder = join(cache, version);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const making = mkdtempSync(join(cache, "making-"));
  await decompress("chromium.br", join(making, "chromium"));
  for (const archive of ["al2023.tar", "fonts.tar"]) {
    await decompress(`${archive}.br`, join(making, archive));
    execFileSync("tar", ["-xf", archive], { cwd: making });
    rmSync(join(making, archive));
  }
  // Without a font the browser ends at the first letter.
  writeFileSync(
    join(making, "fonts.conf"),
    `<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/fonts-cache</cachedir></fontconfig>`,
  );
  try {
    renameSync(making, folder);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

async function decompress(name: string, target: string): Promise<void> {
  await pipeline(createReadStream(join(packageRoot, "bin", name)), createBrotliDecompress(), createWriteStream(target, { mode: 0o755 }));
}
