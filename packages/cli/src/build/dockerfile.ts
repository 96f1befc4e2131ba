import { existsSync } from "node:fs";
import { join } from "node:path";

const INSTALL: readonly (readonly [lockfile: string, install: string, run: string])[] = [
  ["pnpm-lock.yaml", "corepack enable && pnpm install --frozen-lockfile", "pnpm exec"],
  ["yarn.lock", "corepack enable && yarn install --immutable", "yarn"],
  ["package-lock.json", "npm ci --no-audit --no-fund", "npx"],
];

/** A Dockerfile in two stages, by file name with its .dockerignore: the second has Node and the output, and neither a shell nor npm. */
export function dockerfile(root: string): Readonly<Record<string, string>> {
  const [, install, run] = INSTALL.find(([lockfile]) => existsSync(join(root, lockfile))) ?? [
    "",
    "npm install --no-audit --no-fund",
    "npx",
  ];
  return {
    Dockerfile: `# The server of this app. The first stage builds it; the second has Node and the output, without a shell or a package manager.
FROM node:24-slim AS build
WORKDIR /app
COPY . .
RUN ${install}
RUN ${run} fermata build

FROM gcr.io/distroless/nodejs24-debian12:nonroot
WORKDIR /app
ENV NODE_ENV=production MASTRA_HOST=0.0.0.0 PORT=4111
COPY --from=build --chown=root:root /app/.mastra/output ./
USER nonroot
EXPOSE 4111
# The image's entry point is node. The file system may be read-only: docker run --read-only.
CMD ["index.mjs"]
`,
    ".dockerignore": `node_modules
.mastra
.fermata
.git
.env
.env.*
`,
  };
}
