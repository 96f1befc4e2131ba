import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";

interface PackageManager {
  readonly lockfile: string;
  readonly install: string;
  /** What runs a program of the project. */
  readonly run: string;
}

const WITH_PNPM: PackageManager = {
  lockfile: "pnpm-lock.yaml",
  install: "corepack enable && pnpm install --frozen-lockfile",
  run: "pnpm exec",
};
const WITH_YARN: PackageManager = { lockfile: "yarn.lock", install: "corepack enable && yarn install --immutable", run: "yarn" };
const WITH_NPM: PackageManager = { lockfile: "package-lock.json", install: "npm ci --no-audit --no-fund", run: "npx" };
const WITHOUT_LOCKFILE: PackageManager = { lockfile: "", install: "npm install --no-audit --no-fund", run: "npx" };

/**
 * A Dockerfile in two stages, by file name with the list of what stays out: the second has Node and the output, and neither a shell nor
 * npm. In a workspace the first stage needs all of it, because that is what the lockfile is about.
 */
export function dockerfile(root: string): Readonly<Record<string, string>> {
  const { home, manager } = installedIn(root);
  const app = relative(home, root).split(sep).join("/");
  const build = app === "" ? `${manager.run} fermata build` : `cd ${app} && ${manager.run} fermata build`;
  const how = app === "" ? "docker build -t my-app ." : `docker build -f ${app}/Dockerfile -t my-app . (at the top of the workspace)`;
  return {
    Dockerfile: `# The server of this app. The first stage builds it; the second has Node and the output, without a shell or a package manager.
# ${how}
FROM node:24-slim AS build
WORKDIR /app
COPY . .
RUN ${manager.install}
RUN ${build}

FROM gcr.io/distroless/nodejs24-debian12:nonroot
WORKDIR /app
ENV NODE_ENV=production MASTRA_HOST=0.0.0.0 PORT=4111
COPY --from=build --chown=root:root /app/${app === "" ? "" : `${app}/`}.mastra/output ./
USER nonroot
EXPOSE 4111
# The image's entry point is node. The file system may be read-only: docker run --read-only.
CMD ["index.mjs"]
`,
    // Docker reads the one at the top of what it is given, or one that is named after the Dockerfile.
    [app === "" ? ".dockerignore" : "Dockerfile.dockerignore"]: `**/node_modules
**/.mastra
**/.fermata
.git
**/.env
**/.env.*
`,
  };
}

/** The nearest folder with a lockfile, at or above the project, and whose it is. */
function installedIn(root: string): { readonly home: string; readonly manager: PackageManager } {
  for (let folder = root; ; folder = dirname(folder)) {
    const manager = [WITH_PNPM, WITH_YARN, WITH_NPM].find(({ lockfile }) => existsSync(join(folder, lockfile)));
    if (manager === WITH_YARN && isOfYarn1(join(folder, manager.lockfile)))
      return { home: folder, manager: { ...manager, install: "corepack enable && yarn install --frozen-lockfile" } };
    if (manager) return { home: folder, manager };
    if (dirname(folder) === folder || existsSync(join(folder, ".git"))) return { home: root, manager: WITHOUT_LOCKFILE };
  }
}

const isOfYarn1 = (lockfile: string): boolean => readFileSync(lockfile, "utf8").includes("# yarn lockfile v1");
