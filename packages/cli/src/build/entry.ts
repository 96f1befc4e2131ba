/** The files at the top of the output folder. */

/** The server's entry. It sets the environment before the app's code is loaded, which static imports could not. */
export function serverEntry(specifiers: { readonly library: string; readonly app: string }): string {
  return `// The server of this app: \`node index.mjs\`. Made by \`fermata build\`.
process.env.NODE_ENV ||= "production";
const fermata = await import(${JSON.stringify(specifiers.library)});
const app = await import(${JSON.stringify(specifiers.app)});

export const mastra = app.mastra ?? app.default;
if (typeof mastra?.getServer !== "function") {
  console.error("The app's entry exports no instance: export const mastra = new Mastra({ … }).");
  process.exit(1);
}

/** Listens; \`server.url\` says where. */
export const server = await fermata.serve(mastra).catch((error) => {
  if (error?.code === "EADDRINUSE") console.error(\`Port \${error.port} is taken by another program. Set PORT or server.port.\`);
  else if (typeof error?.code === "string" && error.name === "FermataError") console.error(error.message);
  else throw error;
  process.exit(1);
});
process.send?.({ type: "fermata:listening", url: server.url });
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
