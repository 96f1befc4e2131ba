/** Watches the folders of the files that an app is made of. A change is one of content: a touch, or a save of the same text, is none. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync, watch, type FSWatcher } from "node:fs";
import { dirname, extname, join } from "node:path";

/** What comes after a change within this time belongs to it: editors write in several steps. */
const SETTLE_MS = 10;
/** A file that was emptied is about to be written, as a rule; this long it may take. */
const EMPTY_MS = 60;

const SOURCES = new Set([
  ".ts",
  ".tsx",
  ".mts",
  ".cts",
  ".js",
  ".jsx",
  ".mjs",
  ".cjs",
  ".json",
  ".md",
  ".txt",
  ".sql",
  ".graphql",
  ".html",
  ".yaml",
  ".yml",
  ".csv",
]);

export class Watch {
  readonly #onChange: (paths: readonly string[]) => void;
  readonly #watchers = new Map<string, FSWatcher>();
  /** Hash of the content, by file. */
  readonly #files = new Map<string, string>();
  /** All sources below these count, also those that come later. */
  readonly #trees: readonly string[];
  readonly #touched = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(trees: readonly string[], onChange: (paths: readonly string[]) => void) {
    this.#onChange = onChange;
    this.#trees = trees;
    for (const tree of trees) this.#addTree(tree);
  }

  /** Files that count from now on, whether they exist or not. */
  add(paths: readonly string[]): void {
    for (const path of paths) {
      if (!this.#files.has(path)) this.#files.set(path, contentOf(path));
      this.#watchFolder(dirname(path));
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #addTree(folder: string): void {
    if (!existsSync(folder)) return;
    this.#watchFolder(folder);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith(".")) this.#addTree(path);
      else if (entry.isFile() && this.#isSource(path)) this.#files.set(path, contentOf(path));
    }
  }

  #watchFolder(folder: string): void {
    if (this.#watchers.has(folder) || !existsSync(folder)) return;
    const watcher = watch(folder, (_event, name) => {
      if (name !== null) this.#touch(join(folder, name));
    });
    watcher.on("error", () => this.#forget(folder));
    this.#watchers.set(folder, watcher);
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }

  #touch(path: string): void {
    this.#touched.add(path);
    this.#timer ??= setTimeout(() => this.#settle(), SETTLE_MS);
  }

  #settle(isSecond = false): void {
    this.#timer = undefined;
    if (!isSecond && [...this.#touched].some((path) => this.#files.has(path) && isEmpty(path))) {
      this.#timer = setTimeout(() => this.#settle(true), EMPTY_MS);
      return;
    }
    const changed: string[] = [];
    for (const path of this.#touched) {
      if (isFolder(path)) {
        if (this.#isInTree(path) && !path.includes("node_modules")) {
          const before = new Set(this.#files.keys());
          this.#addTree(path);
          changed.push(...[...this.#files.keys()].filter((file) => !before.has(file)));
        }
      } else if (this.#files.has(path) || (this.#isInTree(path) && this.#isSource(path))) {
        const content = contentOf(path);
        if (content !== (this.#files.get(path) ?? MISSING)) changed.push(path);
        this.#files.set(path, content);
      } else if (!existsSync(path)) this.#forget(path);
    }
    this.#touched.clear();
    if (changed.length > 0) this.#onChange(changed);
  }

  #isInTree(path: string): boolean {
    return this.#trees.some((tree) => path.startsWith(tree));
  }

  #isSource(path: string): boolean {
    return SOURCES.has(extname(path)) && !/\.(?:test|spec)\.[^.]+$/.test(path);
  }
}

const MISSING = "";

function contentOf(path: string): string {
  try {
    return createHash("sha1").update(readFileSync(path)).digest("base64");
  } catch {
    return MISSING;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isEmpty(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size === 0;
}
