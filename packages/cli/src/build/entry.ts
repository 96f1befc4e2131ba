/** The files at the top of the output folder. */

/** The server's entry. It sets the environment before the app's code is loaded, which static imports could not. */
export function serverEntry(library: string): string {
  return `// The server of this app: \`node index.mjs\`. Made by \`fermata build\`.
process.env.NODE_ENV ||= "production";
const fermata = await import(${JSON.stringify(library)});
export const { mastra } = await import("./mastra.mjs");
${SERVING}`;
}

/** The same with everything in one module, the environment first as well. */
export function bundledEntry({ library, app }: { readonly library: string; readonly app: string }): string {
  return `process.env.NODE_ENV ||= "production";
const fermata = await import(${JSON.stringify(library)});
const app = await import(${JSON.stringify(app)});
export const mastra = app.mastra ?? app.default;
${SERVING}`;
}

const SERVING = `if (typeof mastra?.getServer !== "function") {
  console.error("The app's entry exports no instance: export const mastra = new Mastra({ … }).");
  process.exit(1);
}

/** Tables that are behind are no state to serve in; a database that does not answer yet may come, and \`/ready\` says when. */
async function start() {
  await mastra.getStorage()?.init().catch((error) => {
    if (error?.code === "MISCONFIGURED") throw error;
  });
  return await fermata.serve(mastra);
}

/** Listens; \`server.url\` says where. */
export const server = await start().catch((error) => {
  if (error?.code === "EADDRINUSE") console.error(\`Port \${error.port} is taken by another program. Set PORT or server.port.\`);
  else if (typeof error?.code === "string" && error.name === "FermataError") console.error(error.message);
  else throw error;
  process.exit(1);
});
process.send?.({ type: "fermata:listening", url: server.url });
`;

/** The instance alone, for programs that do something else with it than serving it. */
export function instanceEntry(app: string): string {
  return `import * as app from ${JSON.stringify(app)};

export const mastra = app.mastra ?? app.default;
`;
}

/** Brings the tables up to date where the command line is not: `node migrate.mjs`. */
export function migrateEntry(): string {
  return `process.env.NODE_ENV ||= "production";
const { mastra } = await import("./mastra.mjs");
const storages = new Set([mastra.getStorage(), ...Object.values(mastra.listMemory()).map((memory) => memory.storage)]);
storages.delete(undefined);
if (storages.size === 0) console.log("The app has no storage: there is nothing to migrate.");
for (const storage of storages) {
  await storage.migrate?.();
  await storage.init();
  console.log(\`\${storage.constructor.name} "\${storage.id}" is up to date.\`);
  await storage.close();
}
`;
}

/** So that the folder is one that tools know: a name, how it is read, how it starts. */
export function outputManifest(name: string, version: string | undefined): string {
  const manifest = {
    name,
    ...(version !== undefined && { version }),
    private: true,
    type: "module",
    main: "index.mjs",
    scripts: { start: "node index.mjs" },
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}
